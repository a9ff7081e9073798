//! What becomes an array, and what is refused before a call.

use super::*;
use spawn_config::OnComplete;

const AROUND: Around<'_> = Around { count: 3, no_agent: false, on_complete: &[], output: None, params: None };

fn options(command: &[&str]) -> ArrayOptions {
    ArrayOptions { command: command.iter().map(|&word| word.to_owned()).collect(), ..ArrayOptions::default() }
}

fn with_params(command: &[&str]) -> ArrayOptions {
    ArrayOptions { param_file: Some("p.csv".into()), ..options(command) }
}

#[track_caller]
fn made(options: &ArrayOptions, around: Around<'_>) -> NewArray {
    match plan(options, around).unwrap() {
        Some(ArrayPlan::New(array)) => *array,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn refused(options: &ArrayOptions, around: Around<'_>) -> String {
    plan(options, around).unwrap_err().to_string()
}

#[test]
fn without_a_command_there_is_no_array_and_its_flags_mean_nothing() {
    assert_eq!(plan(&options(&[]), AROUND).unwrap(), None);
    let tasks = ArrayOptions { tasks: Some(3), ..options(&[]) };
    assert_eq!(refused(&tasks, AROUND), "--tasks is for a job array: put its command behind `--`");
    let told = refused(&options(&[]), Around { output: Some("s3://abc/"), ..AROUND });
    assert_eq!(told, "--output s3://… is for a job array: put its command behind `--`");
}

#[test]
fn name_and_number_of_tasks_follow_from_what_is_there() {
    let array = made(&options(&["./align.sh", "{index}"]), AROUND);
    assert_eq!((array.name.as_str(), array.size, array.params.len()), ("align", 3, 0));
    let told = refused(&options(&["./7z"]), AROUND);
    assert_eq!(told, "the command's file name is no name for a job array: add --job-array-name");
    let around = Around { params: Some(b"a\n1\n2\n"), ..AROUND };
    assert_eq!(made(&with_params(&["x", "{a}"]), around).size, 2);
    let first = ArrayOptions { tasks: Some(1), ..with_params(&["x"]) };
    assert_eq!(made(&first, around).params.len(), 1);
    let more = ArrayOptions { tasks: Some(5), ..with_params(&["x"]) };
    assert!(refused(&more, around).starts_with("--tasks 5 is more than the 2 parameter sets"));
}

#[test]
fn braces_that_stand_for_nothing_are_refused() {
    assert!(refused(&options(&["x", "{sample}"]), AROUND).starts_with("the command: `{sample}` stands for nothing"));
    let around = Around { params: Some(b"[{\"a\": 1}, {\"b\": 2}]"), ..AROUND };
    assert!(
        refused(&ArrayOptions { param_file: Some("p.json".into()), ..options(&["x", "{a}"]) }, around).contains("{a}")
    );
    let input = ArrayOptions { input: Some("s3://abc/{x}".to_owned()), ..options(&["x"]) };
    assert!(refused(&input, AROUND).starts_with("--input: `{x}` stands for nothing"));
    let around = Around { params: Some(b"name\n1\n"), ..AROUND };
    assert!(refused(&with_params(&["x", "{name}"]), around).contains("is spawn's own word"));
    assert_eq!(made(&with_params(&["x"]), around).size, 1);
}

#[test]
fn the_how_to_names_every_word_in_braces() {
    let text = include_str!("../../../../../docs/how-to/job-arrays.md");
    let (_, rest) = text.split_once("| braces | stand for |\n|---|---|\n").unwrap();
    let rows: Vec<&str> = rest.lines().take_while(|line| line.starts_with('|')).collect();
    let words = rows.iter().flat_map(|row| row.split(" | ").next().unwrap().split('`').skip(1).step_by(2));
    let words: Vec<&str> = words.collect();
    let names = ["{index}", "{index:06}", "{size}", "{name}", "{array}", "{attempt}", "{sample}", "{{", "}}"];
    assert_eq!(words, names);
    assert!(PLACEHOLDERS.iter().all(|name| words.contains(&format!("{{{name}}}").as_str())));
    for word in words {
        assert_eq!(check(word, ["sample"]), Ok(()), "{word}");
    }
}

#[test]
fn what_a_file_says_never_becomes_a_shells_code() {
    let around = Around { params: Some(b"a\n$(rm -rf x)\n"), ..AROUND };
    for text in ["echo {a}", "echo ${a}"] {
        let options = ArrayOptions { shell: true, ..with_params(&[text]) };
        assert!(refused(&options, around).ends_with("write \"$NAME\", or ${{NAME}}"));
    }
    for text in ["echo \"$a\" {index}", "echo ${{a}}"] {
        assert_eq!(made(&ArrayOptions { shell: true, ..with_params(&[text]) }, around).command, [text]);
    }
    let two = ArrayOptions { shell: true, ..options(&["echo", "a"]) };
    assert!(refused(&two, AROUND).starts_with("--shell takes the command as one text"));
}

#[test]
fn an_environment_is_names_with_values() {
    let env =
        |pairs: &[&str]| ArrayOptions { env: pairs.iter().map(|&pair| pair.to_owned()).collect(), ..options(&["x"]) };
    assert_eq!(made(&env(&["A=1=2", "PATH=/x"]), AROUND).env["A"], "1=2");
    assert_eq!(refused(&env(&["A"]), AROUND), "--env A has no value: write KEY=VALUE");
    assert_eq!(refused(&env(&["A=1", "A=2"]), AROUND), "--env A is given twice with different values: keep one");
    assert!(refused(&env(&["JOB_ARRAY_INDEX=1"]), AROUND).contains("spawn itself gives this variable"));
    assert!(refused(&env(&["1A=1"]), AROUND).contains("a name in an environment is"));
    let large = format!("A={}", "x".repeat(MOST_BYTES));
    assert!(refused(&env(&[&large]), AROUND).contains("bytes, at most 102400"));
}

#[test]
fn an_end_of_the_instances_and_one_function_go_together() {
    let ends = [AtTheEnd::Instance(OnComplete::Stop), AtTheEnd::Lambda("merge".to_owned())];
    assert_eq!(made(&options(&["x"]), Around { on_complete: &ends, ..AROUND }).hook.as_deref(), Some("merge"));
    let twice = [AtTheEnd::Lambda("a".to_owned()), AtTheEnd::Lambda("b".to_owned())];
    assert!(refused(&options(&["x"]), Around { on_complete: &twice, ..AROUND }).contains("was given twice"));
    assert!(refused(&options(&[]), Around { on_complete: &ends, ..AROUND }).starts_with("--on-complete lambda:…"));
}

#[test]
fn agents_work_on_tasks() {
    let around = Around { no_agent: true, ..AROUND };
    assert_eq!(refused(&options(&["x"]), around), "agents work on the tasks of a job array: leave --no-agent out");
    let join = ArrayOptions { join: crate::array::parse_word("align").ok(), ..options(&[]) };
    assert!(matches!(plan(&join, AROUND).unwrap(), Some(ArrayPlan::Join(word)) if word.to_string() == "align"));
    assert!(plan(&join, around).is_err());
    assert!(refused(&join, Around { output: Some("s3://abc"), ..AROUND }).contains("leave it out with --join"));
}
