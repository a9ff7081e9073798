//! Values in lines, in lists, over lines and in pieces.

use super::*;

fn pieces(text: &str) -> Vec<String> {
    pieces_of(LONG, text)
}

fn pieces_of(long: usize, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut take = |piece: Piece<'_>| {
        found.push(match piece {
            Piece::Value { line, json } => format!("{line} {}", str::from_utf8(json).unwrap()),
            other => format!("{other:?}"),
        });
    };
    let mut values = Values::pieces_of(long);
    text.split_inclusive('\n').for_each(|line| values.line(line.as_bytes(), &mut take));
    values.end(&mut take);
    found
}

#[test]
fn values_are_found_in_lines_in_lists_and_over_lines() {
    let text = "{\"a\":\"}\\\"\"}\n\n  {\"b\":[\n{}]}{\"c\":1}\n[{\"d\":2},\"{}\",\n{\"e\":3}]\n";
    let found = ["1 {\"a\":\"}\\\"\"}", "3 {\"b\":[\n{}]}", "4 {\"c\":1}", "5 {\"d\":2}", "5 \"{}\"", "6 {\"e\":3}"];
    assert_eq!(pieces(text), found);
}

#[test]
fn what_was_cut_off_costs_itself_alone() {
    let whole = r#"{"trace_id":"1","x":{}}"#;
    assert_eq!(
        pieces(&format!("{{\"resourceSpans\":[{{\"a\":\"\n{whole}\nrubbish {{}}\n{whole}\n{{\"x\":")),
        [
            "Cut { line: 1 }".to_owned(),
            format!("2 {whole}"),
            "Foreign { line: 3 }".to_owned(),
            format!("4 {whole}"),
            "Cut { line: 5 }".to_owned()
        ]
    );
}

#[test]
fn a_long_document_of_spans_comes_in_pieces_that_say_whose_they_are() {
    let text = r#"{"resourceSpans":[{"resource":{"a":[{"b":{}}]},"scopeSpans":[{"scope":{},"spans":[{"n":1} , {"n":[{}]}]},
        {"scope":{"c":1},"spans":[{"n":3},{"n":4}],"schemaUrl":"s"}]},{"resource":{},"scopeSpans":[{"scope":{},"spans":[{"n":5}]}]}]}"#;
    let whole: Vec<serde_json::Value> = vec![serde_json::from_str(text).unwrap()];
    let spans = |documents: &[serde_json::Value]| -> Vec<String> {
        let each = |value: &serde_json::Value, key: &str| value[key].as_array().unwrap().clone();
        let mut spans = Vec::new();
        for resource in documents.iter().flat_map(|document| each(document, "resourceSpans")) {
            for scope in each(&resource, "scopeSpans") {
                let said = each(&scope, "spans").into_iter();
                spans.extend(said.map(|span| format!("{} {} {span}", resource["resource"], scope["scope"])));
            }
        }
        spans
    };
    for long in [1, 90, 140, 200] {
        let found = pieces_of(long, text);
        let parsed: Vec<_> =
            found.iter().map(|piece| serde_json::from_str(piece.split_once(' ').unwrap().1).unwrap()).collect();
        assert_eq!(spans(&parsed), spans(&whole), "{long}: {found:#?}");
        assert!(found.len() > 1 && (long > 1 || found.len() == 6), "{long}: {found:#?}");
    }
}

#[test]
fn what_would_lose_its_resource_or_is_something_else_stays_whole() {
    for text in [
        r#"{"resourceSpans":[{"scopeSpans":[{"scope":{},"spans":[{"n":1},{"n":2}]}],"resource":{}}]}"#,
        r#"{"resourceSpans":[{"resource":{},"scopeSpans":[{"spans":[{"n":1},{"n":2}],"scope":{}}]}]}"#,
        r#"{"batches":[{"resource":{},"scopeSpans":[{"scope":{},"spans":[{"n":1},{"n":2}]}]}]}"#,
        r#"{"resourceSpans":{"a":{"b":{"c":{"d":{"e":{}}}}}}}"#,
    ] {
        assert_eq!(pieces_of(1, text), [format!("1 {text}")]);
    }
}

#[test]
fn what_is_too_long_is_passed_over_to_the_end_of_its_line() {
    let mut found = Vec::new();
    let mut values = Values::default();
    let mut take = |piece: Piece<'_>| found.push(format!("{piece:?}"));
    values.begin_line();
    values.part(b"{\"a\":\"", &mut take);
    (0..33).for_each(|_| values.part(&vec![b'x'; LONG], &mut take));
    values.line(b"{}\n", &mut take);
    assert_eq!(found, ["TooLong { line: 1 }", "Value { line: 2, json: [123, 125] }"]);
}
