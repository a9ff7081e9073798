//! X-Ray's documents as AWS's guide describes them and other SDKs write them.

use spawn_view::{Outcome, Span, SpanKind, Trace, Verdict, of_document, read_bytes, service_map, text_of, verdict};

use super::samples::*;

fn spans(file: &str) -> Vec<Span> {
    of_document(file).unwrap()
}

/// What is said of a span, one line for each attribute.
fn said(span: &Span) -> Vec<String> {
    let said = span.attributes.iter().map(|pair| format!("{} = {}", pair.key, text_of(pair.value.as_ref().unwrap())));
    let mut said: Vec<String> = said.collect();
    said.sort();
    said
}

fn program(span: &Span) -> Vec<String> {
    let mut span = span.clone();
    span.attributes = span.origin.resource.attributes.clone();
    said(&span)
}

#[test]
fn a_program_its_work_and_its_calls_are_read_with_every_field() {
    let spans = spans(include_str!("../documents/program.json"));
    let shape: Vec<_> =
        spans.iter().map(|span| (span.name.as_str(), span.kind, span.parent.map(|id| id.to_string()))).collect();
    let below = |id: &str| Some(id.to_owned());
    assert_eq!(
        shape,
        [
            ("board", SpanKind::Server, None),
            ("## MoveModel.save", SpanKind::Internal, below("6f1a22d0c2b3e401")),
            ("DynamoDB.UpdateItem", SpanKind::Client, below("6f1a22d0c2b3e402")),
            ("names.example", SpanKind::Client, below("6f1a22d0c2b3e401")),
        ]
    );
    assert_eq!((spans[0].start, spans[0].duration()), (1_795_236_024_000_000_000, Some(500_000_000)));
    assert_eq!((spans[3].start, spans[3].duration()), (1_795_236_024_300_000_000, Some(100_000_000)));
    assert_eq!(
        said(&spans[0]),
        [
            "aws.xray.annotations = [\"game_id\",\"moves\",\"draw\"]",
            "aws.xray.http.request.x_forwarded_for = true",
            "aws.xray.metadata.debug = {\"board\":[\"x\",null,{\"o\":1}]}",
            "aws.xray.metadata.default = {\"note\":\"hi\"}",
            "client.address = 192.0.2.17",
            "draw = false",
            "game_id = UDFQ",
            "http.request.method = POST",
            "http.response.status_code = 200",
            "moves = 9",
            "url.full = http://board.example/api/move/MATCH/UDFQ",
            "user.id = kim",
            "user_agent.original = Mozilla/5.0",
        ]
    );
    assert_eq!(
        program(&spans[3]),
        [
            "cloud.account.id = 123456789012",
            "cloud.availability_zone = eu-central-1c",
            "cloud.platform = aws_elastic_beanstalk",
            "host.id = i-0aa1",
            "service.instance.id = 32",
            "service.name = board",
            "service.namespace = board-dev",
            "service.version = app-1",
            "telemetry.sdk.name = 2.16 for Java",
            "telemetry.sdk.version = 2.16.0",
        ]
    );
    assert_eq!(
        said(&spans[2]),
        [
            "aws.attempts = 3",
            "aws.dynamodb.table_names = [\"board-move\"]",
            "aws.operation = UpdateItem",
            "aws.request_id = OBJ3F0",
            "aws.xray.aws.resource_names = [\"board-move\"]",
            "aws.xray.precursor_ids = [\"6f1a22d0c2b3e4aa\"]",
            "http.response.body.size = 4",
            "http.response.status_code = 200",
            "rpc.method = UpdateItem",
            "rpc.service = DynamoDB",
            "rpc.system = aws-api",
            "rpc.system.name = aws-api",
        ]
    );
    assert_eq!((verdict(&spans[3]), &spans[3].outcome), (Verdict::Throttle, &Outcome::Error(String::new())));
}

#[test]
fn a_query_says_what_it_asked_of_which_database() {
    let [query] = &spans(include_str!("../documents/query.json"))[..] else { panic!("one span") };
    assert_eq!((query.kind, query.parent.unwrap().to_string().as_str()), (SpanKind::Client, "6f1a22d0c2b3e402"));
    assert_eq!(
        said(query),
        [
            "aws.xray.sql.database_version = 16.2",
            "aws.xray.sql.driver_version = PostgreSQL 42.7",
            "aws.xray.sql.preparation = statement",
            "db.connection_string = jdbc:postgresql://db.example:5432/ledger",
            "db.query.text = SELECT * FROM entries WHERE id = ?",
            "db.system.name = PostgreSQL",
            "db.user = teller",
        ]
    );
}

#[test]
fn a_failure_has_its_exceptions_and_a_link_that_is_none_a_note() {
    let read = spans(include_str!("../documents/failure.json"));
    assert_eq!(
        (verdict(&read[0]), &read[0].outcome),
        (Verdict::Fault, &Outcome::Error("the till does not open".to_owned()))
    );
    let events: Vec<_> = read[0]
        .events
        .iter()
        .map(|event| {
            let said =
                event.attributes.iter().map(|pair| format!("{} = {}", pair.key, text_of(pair.value.as_ref().unwrap())));
            (event.name.as_str(), said.collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(
        events,
        [
            (
                "exception",
                vec![
                    "exception.type = OpenError".to_owned(),
                    "exception.message = the till does not open".to_owned(),
                    "exception.stacktrace =     at open (till/open.py:42)\n    at main (till/main.py:7)".to_owned(),
                    "aws.xray.truncated = 4".to_owned(),
                ]
            ),
            (
                "exception.cause",
                vec![
                    "exception.type = LockError".to_owned(),
                    "exception.message = no key".to_owned(),
                    "aws.xray.remote = true".to_owned(),
                ]
            ),
        ]
    );
    assert_eq!((read[0].kind, read[0].links.len(), read[1].end), (SpanKind::Server, 1, None));
    assert_eq!(read[1].text("aws.xray.cause").as_deref(), Some("a1b2c3d4e5f60719"));
    let trace = trace(read);
    assert_eq!(
        notes(&trace),
        [
            "the parent of 1 span is not here: the span stands at the top",
            "1 span has fields of another type than X-Ray's: `aws.xray.misread` lists them, and they are kept as attributes",
        ]
    );
}

#[test]
fn an_answer_of_x_ray_is_read_with_what_it_left_out() {
    let read = read_bytes("answer", include_bytes!("../documents/answer.json"));
    assert_eq!(
        read.problems,
        [
            "answer, line 1: X-Ray did not answer for [\"1-6b0120b8-0a1b2c3d4e5f607182930a0f\"]",
            "answer, line 1: X-Ray had more of this trace than it takes, and left it out",
            "answer, line 1: `id` of the document is \"none\" and no id of 16 hexadecimal digits; it was passed over",
        ]
    );
    let trace = trace(read.spans);
    assert_eq!(names(&trace, &trace.top_down()), ["shop", "SQS.SendMessage"]);
    assert_eq!(notes(&trace), ["1 segment that X-Ray made of a call is not shown beside the call"]);
    let map = service_map([&trace]);
    let nodes: Vec<_> = map.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(nodes, ["shop", "SQS"]);
}

#[test]
fn fields_of_another_type_are_kept_and_noted_and_nothing_panics() {
    let document = r#"{"trace_id":"1-6b0120b8-000000000123456789abcdef","id":"00000000000000a1","name":7,"start_time":"soon","end_time":[],
        "error":"yes","http":3,"aws":[],"metadata":"m","annotations":null,"cause":4,"links":{},"sql":true,"subsegments":[4,{"id":1}],
        "namespace":{},"user":1,"parent_id":"x","in_progress":"no","more":{"a":1}}"#;
    let read = read_bytes("bad", document.as_bytes());
    assert_eq!(
        read.problems,
        [
            "bad, line 1: a subsegment: `id` of the document is 1 and no id of 16 hexadecimal digits; the others were read"
        ]
    );
    let said = said(&read.spans[0]);
    for kept in [
        "aws.xray.name = 7",
        "aws.xray.start_time = soon",
        "aws.xray.http = 3",
        "aws.xray.more = {\"a\":1}",
        "aws.xray.parent_id = x",
    ] {
        assert!(said.contains(&kept.to_owned()), "{kept} in {said:#?}");
    }
    let misread = read.spans[0].text("aws.xray.misread").unwrap().into_owned();
    for field in [
        "subsegments",
        "name",
        "start_time",
        "end_time",
        "error",
        "http",
        "aws",
        "metadata",
        "cause",
        "links",
        "user",
        "parent_id",
    ] {
        assert!(misread.contains(&format!("\"{field}\"")), "{field} in {misread}");
    }
    let trace = trace(read.spans);
    assert_eq!(trace.notes().len(), 2, "{:?}", notes(&trace));
}

#[test]
fn a_document_that_is_nested_100_000_levels_deep_is_read_and_drawn() {
    let levels = 100_000_u64;
    let mut text = String::new();
    for id in 1..=levels {
        let trace = if id == 1 { r#""trace_id":"1-6b0120b8-000000000123456789abcdef","# } else { "" };
        text += &format!(
            r#"{{{trace}"id":"{id:016x}","name":"deep","start_time":1795236024.0,"end_time":1795236025.0,"subsegments":["#
        );
    }
    text += &"]}".repeat(usize::try_from(levels).unwrap());
    assert!(text.len() > 5_000_000);
    let trace = trace(of_document(&text).unwrap());
    assert_eq!(trace.top_down().len(), 100_000);
    assert_eq!(spawn_view::rows(&trace, 5).len(), 100_000);
    assert_eq!(spawn_view::critical_path(&trace).len(), 1);
    assert_eq!(service_map([&trace]).nodes.len(), 1);
    assert_eq!(spawn_view::compare(&trace, &trace).rows.len(), 100_000);
}

#[test]
fn what_is_no_document_says_why() {
    let cases = [
        ("{", "it is not JSON: EOF while parsing an object at line 1 column 1"),
        ("{}", "it is neither OTLP's JSON nor a segment document of X-Ray"),
        (r#"{"id":"00000000000000a1"}"#, "`trace_id` of the document is not there and no id of a trace"),
        (
            r#"{"trace_id":"1-6b0120b8-000000000123456789abcdef","id":"a1"}"#,
            "`id` of the document is \"a1\" and no id of 16 hexadecimal digits",
        ),
    ];
    for (document, why) in cases {
        assert_eq!(of_document(document).unwrap_err().to_string(), why);
    }
}

#[test]
fn an_instant_before_1970_or_beyond_all_numbers_is_no_panic() {
    for time in ["-1", "1e300", "1e18", "0"] {
        let document = format!(
            r#"{{"trace_id":"1-6b0120b8-000000000123456789abcdef","id":"00000000000000a1","name":"x","start_time":{time},"end_time":{time}}}"#
        );
        assert!(!Trace::gather(of_document(&document).unwrap())[0].notes().is_empty());
    }
}

#[test]
fn a_document_with_100_000_fields_is_read_whole() {
    let fields: Vec<String> = (0..100_000).map(|field| format!(r#""field{field}":"{:030}""#, field)).collect();
    let document = format!(
        r#"{{"trace_id":"1-6b0120b8-000000000123456789abcdef","id":"00000000000000a1","name":"wide","start_time":1795236024,"end_time":1795236025,"annotations":{{{}}}}}"#,
        fields.join(",")
    );
    assert!(document.len() > 4_500_000);
    let read = spans(&document);
    assert_eq!((read.len(), read[0].attributes.len()), (1, 100_001));
}

#[test]
fn the_reference_lists_the_attributes_that_documents_alone_have() {
    let reference = include_str!("../../../docs/reference/traces.md");
    let table =
        reference.split_once("<!-- attributes:begin -->").unwrap().1.split_once("<!-- attributes:end -->").unwrap().0;
    let listed: Vec<&str> = table.split('`').filter(|text| text.starts_with("aws.xray.")).collect();
    let document = r#"{"trace_id":"1-6b0120b8-000000000123456789abcdef","id":"00000000000000a1","name":"x","start_time":1,"end_time":2,
        "error":true,"inferred":true,"metadata":{"NAMESPACE":{},"spawn":{"truncated":["all"]}},"cause":"a1","links":0,"annotations":{"a":1}}"#;
    let flags = ["fault", "throttle"].map(|flag| document.replace("\"error\"", &format!("\"{flag}\"")));
    let read = [
        document,
        &flags[0],
        &flags[1],
        &document.replace("\"start", "\"http\":{\"response\":{\"status\":500}},\"start"),
    ]
    .map(|document| spans(document).remove(0));
    for attribute in listed.iter().filter(|attribute| !attribute.ends_with('…')) {
        // What the other fields say anyway has no attribute: a failure without a status is a fault.
        let is_there = read.iter().any(|span| span.attribute(attribute).is_some());
        assert_eq!(is_there, *attribute != "aws.xray.fault", "{attribute}");
    }
    let fault = r#"{"trace_id":"1-6b0120b8-000000000123456789abcdef","id":"00000000000000a1","name":"x","fault":true,"http":{"response":{"status":404}}}"#;
    assert!(spans(fault)[0].attribute("aws.xray.fault").is_some());
}
