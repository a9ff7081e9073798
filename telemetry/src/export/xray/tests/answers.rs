//! Every answer that X-Ray, a proxy or a broken network can give, over real HTTP, against the reference's tables.

use std::collections::VecDeque;

use super::wire::{Asked, Reply, Wire, answer};
use super::*;

/// What becomes of the spans of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Taken,
    Again,
    Rejected,
    TooLarge,
    Waits,
}

fn kind(outcome: &Outcome) -> Kind {
    match (outcome.fates[0], outcome.trouble.as_ref().map(|trouble| trouble.lasting)) {
        (Fate::Delivered, None) => Kind::Taken,
        (Fate::Again, Some(false)) => Kind::Again,
        (Fate::Again, Some(true)) => Kind::Waits,
        (Fate::Refused(DropReason::TooLarge), None) => Kind::TooLarge,
        (Fate::Refused(_), None) => Kind::Rejected,
        other => panic!("{other:?}"),
    }
}

/// An exporter that speaks to the server over real HTTP, with little patience.
pub(super) fn speaking_to(wire: &Wire) -> XRay {
    let endpoint = wire.url.parse().unwrap();
    let http = aws_smithy_http_client::Builder::new().build_http();
    let timeouts = TimeoutConfig::builder().operation_timeout(Duration::from_millis(500)).build();
    exporter(config(&aws(), Some(&endpoint), http).to_builder().timeout_config(timeouts).build(), Filter::default())
}

/// What such an answer means: the same to the SDK and to a request that goes the way of one that the SDK has sent.
async fn outcome(reply: Reply) -> Outcome {
    let of_the_first = answered(false, reply.clone()).await;
    assert_eq!(answered(true, reply.clone()).await, of_the_first, "{reply:?}");
    of_the_first
}

async fn answered(is_second: bool, reply: Reply) -> Outcome {
    let mut shows_the_way = is_second;
    let wire = Wire::start(move |_: &Asked| match std::mem::take(&mut shows_the_way) {
        true => answer(200, "", "{}"),
        false => reply.clone(),
    });
    let mut exporter = speaking_to(&wire);
    if is_second {
        assert_eq!(exporter.send(&spans(1)).await, Outcome::delivered(1));
    }
    exporter.send(&spans(1)).await
}

/// A table of the reference: in each row, the texts of the first column between backticks, or its numbers.
fn rows(table: &str) -> Vec<(Vec<String>, Vec<u16>)> {
    let page = include_str!("../../../../../docs/reference/xray.md");
    let (_, rest) = page.split_once(&format!("<!-- {table}:begin -->")).unwrap();
    let rows = rest.split_once(&format!("<!-- {table}:end -->")).unwrap().0.trim().lines().skip(2);
    let row = |row: &str| {
        let cell = row.split('|').nth(1).unwrap();
        let codes = cell.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        let statuses = cell.split(',').filter_map(|part| {
            let numbers: Vec<u16> = part.split(" to ").filter_map(|word| word.trim().parse().ok()).collect();
            Some(*numbers.first()?..=*numbers.last()?)
        });
        (codes, statuses.flatten().collect())
    };
    rows.map(row).collect()
}

const KINDS: [Kind; 5] = [Kind::Taken, Kind::Again, Kind::Rejected, Kind::TooLarge, Kind::Waits];

#[tokio::test]
async fn every_status_means_what_the_reference_says() {
    let table = rows("answers");
    let listed: Vec<u16> = table.iter().flat_map(|(_, statuses)| statuses.clone()).collect();
    assert_eq!((listed.len(), listed.iter().max()), (400, Some(&599)), "each status stands once");
    let wire = Wire::start(|asked: &Asked| {
        let (_, status) = asked.body.split_once("status ").unwrap();
        answer(status[..3].parse().unwrap(), "", "")
    });
    let mut exporter = speaking_to(&wire);
    let named = |name: &str| SpanData {
        name: name.to_owned().into(),
        span_context: context(1),
        ..child("", SpanKind::Internal)
    };
    for ((_, statuses), expected) in table.iter().zip(KINDS) {
        for status in statuses {
            let name = format!("status {status}");
            let by_the_sdk = exporter.send(&[named(&name)]).await;
            assert_eq!(kind(&by_the_sdk), expected, "{name}");
            // One that is taken shows the way.
            assert_eq!(exporter.send(&[named("status 200")]).await, Outcome::delivered(1));
            assert_eq!(exporter.send(&[named(&name)]).await, by_the_sdk, "{name}");
        }
    }
}

#[tokio::test]
async fn every_code_means_what_the_reference_says_under_the_status_400() {
    for ((codes, _), expected) in rows("answers").iter().zip(KINDS) {
        for code in codes {
            let reply = answer(400, "", &json!({ "__type": code, "message": "no" }).to_string());
            let outcome = outcome(reply).await;
            assert_eq!(kind(&outcome), expected, "{code}");
            let said = outcome.trouble.map(|trouble| trouble.what).or(outcome.refusal).unwrap();
            assert!(said.contains(code.as_str()) && said.contains("no"), "{code}: {said}");
        }
    }
}

#[tokio::test]
async fn a_code_is_read_wherever_it_stands_and_whatever_is_around_it() {
    for (headers, body) in [
        ("x-amzn-errortype: ThrottledException:http://internal.amazon.com/coral/\r\n", "{}"),
        ("x-amzn-errortype: ThrottledException\r\n", r#"{"code": "Other", "__type": "Another"}"#),
        ("", r#"{"code": "ThrottledException", "__type": "Another", "more": [1]}"#),
        ("", r#"{"__type": "com.amazonaws.xray#ThrottledException"}"#),
    ] {
        let told = outcome(answer(400, headers, body)).await.trouble.unwrap();
        assert_eq!(
            (told.what.as_str(), told.lasting),
            ("X-Ray refuses the spans: ThrottledException", false),
            "{body}"
        );
    }
    for key in ["message", "Message", "errorMessage"] {
        let said = json!({ "__type": "ThrottledException", key: "slow down" });
        let told = outcome(answer(400, "", &said.to_string())).await.trouble.unwrap();
        assert_eq!(told.what, "X-Ray refuses the spans: ThrottledException: slow down");
    }
    let nameless = outcome(answer(503, "", r#"{"message": "slow down"}"#)).await;
    assert_eq!(nameless.trouble.unwrap().what, "X-Ray refuses the spans: status 503");
}

#[tokio::test]
async fn every_code_of_a_single_document_means_what_the_reference_says() {
    let table = rows("unprocessed");
    for ((codes, _), expected) in table.iter().zip([Kind::Again, Kind::TooLarge, Kind::Rejected]) {
        for code in codes {
            let unprocessed = json!([{ "Id": "0000000000000001", "ErrorCode": code, "Message": "no" }]);
            let reply = answer(200, "", &json!({ "UnprocessedTraceSegments": unprocessed }).to_string());
            assert_eq!(kind(&outcome(reply).await), expected, "{code}");
        }
    }
    assert_eq!(table.len(), 3);
}

#[tokio::test]
async fn what_is_no_answer_of_x_ray_leaves_the_spans_to_be_tried_again() {
    let raw = |text: &str| Reply::Raw(text.as_bytes().to_vec());
    for (what, reply) in [
        ("nothing", raw("")),
        ("no HTTP", raw("SSH-2.0-OpenSSH\r\n")),
        ("half a head", raw("HTTP/1.1 200 OK\r\ncontent-le")),
        ("half a body", raw("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"Unproc")),
        ("half a chunk", raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n20\r\n{\"Unproc")),
        ("HTML", answer(200, "content-type: text/html\r\n", "<html>log in to the guest network</html>")),
        ("other JSON", answer(200, "", "[1, 2]")),
        ("JSON of other types", answer(200, "", r#"{"UnprocessedTraceSegments": 7}"#)),
        ("never an end", Reply::Hang),
    ] {
        let outcome = outcome(reply).await;
        assert_eq!(kind(&outcome), Kind::Again, "{what}: {outcome:?}");
    }
    let mut nobody = Wire::start(|_: &Asked| Reply::Hang);
    nobody.url = "http://127.0.0.1:1".to_owned();
    assert_eq!(kind(&speaking_to(&nobody).send(&spans(1)).await), Kind::Again);
}

fn named(id: u64, code: &str) -> Json {
    json!({ "Id": format!("{id:016x}"), "ErrorCode": code })
}

fn nameless(code: &str) -> Json {
    json!({ "Id": null, "ErrorCode": code })
}

fn saying(unprocessed: &[Json]) -> (u16, Json) {
    (200, json!({ "UnprocessedTraceSegments": unprocessed }))
}

#[tokio::test]
async fn what_is_known_of_a_document_holds_whatever_else_is_said_without_a_name() {
    let all = [named(1, "InvalidSegment"), nameless("ThrottledException"), named(3, "ThrottledException")];
    let api = Api::answering([saying(&all)]);
    let outcome = api.exporter().send(&spans(4)).await;
    let rejected = Fate::Refused(DropReason::Rejected);
    assert_eq!(outcome.fates, [rejected, Fate::Again, Fate::Again, Fate::Again]);
    assert_eq!((api.ids().len(), outcome.refusals.len()), (1, 1));
}

#[tokio::test]
async fn as_many_refusals_without_a_name_as_documents_left_mean_all_of_them() {
    let all = [named(2, "ThrottledException"), nameless("MissingId"), nameless("InvalidSegment")];
    let api = Api::answering([saying(&all)]);
    let outcome = api.exporter().send(&spans(3)).await;
    let rejected = Fate::Refused(DropReason::Rejected);
    assert_eq!((outcome.fates, api.ids().len()), (vec![rejected, Fate::Again, rejected], 1));
    let codes: Vec<&str> = outcome.refusals.iter().map(|(_, refusal)| refusal.code.as_str()).collect();
    assert_eq!(codes, ["MissingId", "InvalidSegment"]);
}

#[tokio::test]
async fn several_refusals_without_a_name_are_all_found_among_those_that_nothing_is_known_of() {
    let bad = [2_u64, 5];
    let wire = Wire::start(move |asked: &Asked| {
        let request: Json = serde_json::from_str(&asked.body).unwrap();
        let texts = request["TraceSegmentDocuments"].as_array().unwrap();
        let ids = texts.iter().map(|text| serde_json::from_str::<Json>(text.as_str().unwrap()).unwrap()["id"].clone());
        let ids: Vec<u64> = ids.map(|id| u64::from_str_radix(id.as_str().unwrap(), 16).unwrap()).collect();
        let mut said: Vec<Json> =
            ids.iter().filter(|id| bad.contains(id)).map(|_| nameless("InvalidSegment")).collect();
        said.extend(ids.contains(&1).then(|| named(1, "InvalidTraceId")));
        answer(200, "", &json!({ "UnprocessedTraceSegments": said }).to_string())
    });
    let outcome = speaking_to(&wire).send(&spans(8)).await;
    let mut refused: Vec<usize> = outcome.refusals.iter().map(|(place, _)| *place).collect();
    refused.sort_unstable();
    assert_eq!((refused, outcome.trouble), (vec![0, 1, 4], None));
    let taken = outcome.fates.iter().filter(|fate| **fate == Fate::Delivered).count();
    assert_eq!((taken, wire.asked().iter().filter(|asked| asked.body.contains("0000000000000001")).count()), (5, 1));
}

/// A span whose document has about so many bytes.
fn large(bytes: usize) -> SpanData {
    let mut span = spans(1).remove(0);
    span.attributes = vec![KeyValue::new("long", "x".repeat(bytes))];
    span
}

/// X-Ray with another limit than it says; the sizes that it saw.
fn taking_at_most(limit: usize) -> (Wire, Arc<Mutex<VecDeque<usize>>>) {
    let sizes: Arc<Mutex<VecDeque<usize>>> = Arc::default();
    let seen = Arc::clone(&sizes);
    let wire = Wire::start(move |asked: &Asked| {
        let request: Json = serde_json::from_str(&asked.body).unwrap();
        let size = request["TraceSegmentDocuments"][0].as_str().unwrap().len();
        seen.lock().unwrap().push_back(size);
        let refused = (size > limit).then(|| named(1, "SegmentTooLarge"));
        answer(200, "", &json!({ "UnprocessedTraceSegments": refused.as_slice() }).to_string())
    });
    (wire, sizes)
}

#[tokio::test]
async fn a_document_that_is_too_large_is_written_again_with_less_until_it_is_taken() {
    let (wire, sizes) = taking_at_most(10_000);
    assert_eq!(speaking_to(&wire).send(&[large(50_000)]).await, Outcome::delivered(1));
    let sizes: Vec<usize> = sizes.lock().unwrap().iter().copied().collect();
    assert!(sizes[0] > 50_000 && *sizes.last().unwrap() <= 10_000 && sizes.is_sorted_by(|a, b| a > b), "{sizes:?}");
    let last = wire.asked().pop().unwrap().body;
    assert!(last.contains(r#"\"truncated\":[\"metadata\""#), "{last}");
}

#[tokio::test]
async fn a_document_that_stays_too_large_is_refused_and_the_others_are_not() {
    let (wire, sizes) = taking_at_most(0);
    let outcome = speaking_to(&wire).send(&[large(50_000)]).await;
    assert_eq!(kind(&outcome), Kind::TooLarge);
    assert_eq!(outcome.refusals.len(), 1);
    assert!(sizes.lock().unwrap().len() <= 5);
}
