//! The three forms say the same, values stay as written, and what is wrong is told with its place.

use super::*;
use proptest::prelude::*;

fn set<const N: usize>(pairs: [(&str, &str); N]) -> Params {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[track_caller]
fn refused(file: &str, text: &str) -> String {
    read(file, text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn the_three_forms_say_the_same_and_keep_what_was_written() {
    let expected = vec![
        set([("SAMPLE", "a b"), ("rate", "1.10"), ("deep", "true")]),
        set([("SAMPLE", "ü"), ("rate", "1e3"), ("deep", "false")]),
    ];
    let json = "\u{feff}[{\"SAMPLE\": \"a b\", \"rate\": 1.10, \"deep\": true},\n\t{\"SAMPLE\": \"\\u00fc\", \"rate\": 1e3, \"deep\": false}]";
    let yaml = "# two\n- {SAMPLE: a b, rate: 1.10, deep: true}\n- SAMPLE: ü\n  rate: 1e3\n  deep: false\n";
    let csv = "SAMPLE, rate, deep\r\na b,1.10,true\r\nü,1e3,false\r\n";
    for (file, text) in
        [("p.json", json), ("p.yaml", yaml), ("p.YML", yaml), ("p.csv", csv), ("p", json), ("p.txt", yaml), ("p", csv)]
    {
        assert_eq!(read(file, text.as_bytes()), Ok(expected.clone()), "{file}");
    }
    assert_eq!(read("p.tsv", b"a\tb\n1,2\t3\n"), Ok(vec![set([("a", "1,2"), ("b", "3")])]));
}

#[test]
fn the_three_files_of_the_how_to_say_the_same() {
    let text = include_str!("../../../../../docs/how-to/job-arrays.md");
    let read = |form: &str| {
        let (_, rest) = text.split_once(&format!("```{form}\n")).unwrap();
        read(&format!("samples.{form}"), rest.split("```").next().unwrap().as_bytes()).unwrap()
    };
    let samples = [set([("sample", "NA12878"), ("rate", "0.10")]), set([("sample", "NA12891"), ("rate", "0.25")])];
    // The first block of YAML is that of the parameters.
    assert_eq!([read("csv"), read("yaml"), read("json")], [samples.to_vec(), samples.to_vec(), samples.to_vec()]);
}

#[test]
fn a_value_may_be_empty_or_have_lines_and_quotes() {
    let expected = Ok(vec![set([("a", ""), ("b", "x\n\"y\"")])]);
    assert_eq!(read("p.csv", b"a,b\n,\"x\n\"\"y\"\"\"\n"), expected);
    assert_eq!(read("p.json", br#"[{"a": "", "b": "x\n\"y\""}]"#), expected);
}

#[test]
fn what_is_wrong_is_told_with_its_place_its_task_and_its_name() {
    let long = format!("[{{\"a\": \"{}\"}}]", "x".repeat(4_100));
    for (file, text, expected) in [
        (
            "p.json",
            "[{\"a\": 1},\n {\"b\": [1]}]",
            "p.json:2:8: parameter `b` of task 1: a list or an object: a parameter is one text, number or truth",
        ),
        (
            "p.json",
            "[{\"a\": null}]",
            "p.json:1:8: parameter `a` of task 0: no value: write \"\" for an empty text, or leave the parameter out",
        ),
        (
            "p.json",
            "[{\"a\": 1, \"a\": 2}]",
            "p.json:1:16: parameter `a` of task 0: it stands there twice: keep one of the two",
        ),
        ("p.json", "[{\"a\": 1},\n", "p.json:2: EOF while parsing a value"),
        ("p.json", "{\"a\": 1}", "p.json:1:1: no list of objects: write [{…}, {…}], one object for each task"),
        ("p.json", "[1]", "p.json:1:2: task 0 is no object: write {\"name\": value, …}"),
        ("p.json", "[]", "p.json: no parameters in it: write one set for each task"),
        (
            "p.json",
            "[{\"a-b\": 1}]",
            "p.json:1:10: parameter `a-b` of task 0: a name in an environment is a letter or `_`, then letters, digits and `_`: rename it",
        ),
        (
            "p.json",
            "[{\"a\": \"\\u0000\"}]",
            "p.json:1:8: parameter `a` of task 0: no environment holds a NUL character: leave it out",
        ),
        (
            "p.json",
            &long,
            "p.json:1:2: 4101 bytes of parameters for task 0, at most 4096: put large ones into files below --input",
        ),
        (
            "p.yaml",
            "- a: 1\n- b:\n    c: 1\n",
            "p.yaml:2:3: parameter `b` of task 1: a list or an object: a parameter is one text, number or truth",
        ),
        ("p.yaml", "- a: 1\n  a: 2\n", "p.yaml:2:3: parameter `a` stands there twice: keep one of the two"),
        ("p.yaml", "a: 1\n", "p.yaml:1:1: no list of mappings: begin each task's with `- `"),
        ("p.yaml", "- 1\n", "p.yaml:1:3: task 0 is no mapping: write `- name: value`"),
        ("p.csv", "a,b\n1\n", "p.csv:2: 1 values, and the first line names 2: quote values that hold the separator"),
        ("p.csv", "a,a\n1,2\n", "p.csv:1: the column `a` stands there twice: rename one of the two"),
        ("p.csv", "a\n", "p.csv: no parameters in it: write one set for each task"),
        (
            "p.csv",
            "JOB_ARRAY_ID\n1\n",
            "p.csv:2: parameter `JOB_ARRAY_ID` of task 0: spawn itself gives this variable to every task: rename it",
        ),
    ] {
        assert_eq!(refused(file, text), expected, "{text:.40}");
    }
    assert_eq!(read("p.csv", b"a\n\xff\n").unwrap_err().to_string(), "p.csv:2: the text is no UTF-8: save it as UTF-8");
    let many = format!("a\n{}", "1\n".repeat(10_001));
    assert_eq!(refused("p.csv", &many), "p.csv: 10001 sets of parameters, and an array has at most 10000 tasks");
    assert_eq!(read("p.csv", &many.as_bytes()[..2 + 20_000]).unwrap().len(), 10_000);
}

#[test]
fn depth_and_aliases_that_multiply_are_stopped() {
    for file in ["p.json", "p.yaml"] {
        assert!(read(file, "[".repeat(100_000).as_bytes()).is_err());
    }
    let bomb: String =
        (1..9).map(|level| format!("- &a{level} [{}]\n", format!("*a{}, ", level - 1).repeat(9))).collect();
    assert!(refused("p.yaml", &format!("- &a0 [x]\n{bomb}")).contains("write it out flat"));
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), end in "json|yaml|csv|tsv|txt") {
        read(&format!("p.{end}"), &bytes).ok();
    }

    #[test]
    fn no_text_of_their_characters_panics(text in r#"[a-c:\[\]{}&*!|>'"%@`#\-?, \n\t0-9.~<ü\\]{0,80}"#, end in "json|yaml|csv") {
        read(&format!("p.{end}"), text.as_bytes()).ok();
    }

    #[test]
    fn what_was_written_is_read_in_every_form(
        rows in prop::collection::vec(prop::collection::vec("[a-zA-Z0-9 ü,;\"'\n{}:#-]{0,12}", 3), 1..5)
    ) {
        let names = ["a", "B_2", "_c"];
        let sets: Vec<Params> = rows.iter().map(|row| names.iter().zip(row).map(|(name, value)| ((*name).to_owned(), value.clone())).collect()).collect();
        let json = serde_json::to_string_pretty(&sets).unwrap();
        prop_assert_eq!(read("p.json", json.as_bytes()), Ok(sets.clone()));
        let yaml = serde_saphyr::to_string(&sets).unwrap();
        prop_assert_eq!(read("p.yaml", yaml.as_bytes()), Ok(sets.clone()));
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record(names).unwrap();
        rows.iter().for_each(|row| csv.write_record(row).unwrap());
        prop_assert_eq!(read("p.csv", &csv.into_inner().unwrap()), Ok(sets));
    }
}
