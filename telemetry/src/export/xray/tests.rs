//! The exporter against canned answers of X-Ray.

mod answers;
mod clock;
mod direct;
mod wire;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_xray::config::timeout::TimeoutConfig;
use aws_sdk_xray::config::{
    BehaviorVersion, Credentials, IntoShared, Region, SharedCredentialsProvider, SharedHttpClient,
};
use aws_smithy_http_client::test_util::{NeverClient, infallible_client_fn};
use aws_types::SdkConfig;
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;
use opentelemetry_sdk::Resource;
use serde_json::{Value as Json, json};
use spawn_config::FilterSettings;

use super::super::{Fate, Refusal, Trouble};
use super::*;
use crate::filter::Filter;
use crate::samples::{child, context, span};

/// X-Ray with a list of answers; when the list is over, everything is taken.
#[derive(Clone, Debug, Default)]
struct Api {
    answers: Arc<Mutex<VecDeque<(u16, Json)>>>,
    requests: Arc<Mutex<Vec<(String, Json)>>>,
}

impl Api {
    fn answering(answers: impl IntoIterator<Item = (u16, Json)>) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.into_iter().collect())), ..Self::default() }
    }

    fn exporter(&self) -> XRay {
        self.filtering(Filter::default())
    }

    fn filtering(&self, filter: Filter) -> XRay {
        let api = self.clone();
        let http = infallible_client_fn(move |request| {
            let body = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
            api.requests.lock().unwrap().push((request.uri().to_string(), body));
            let (status, body) = api.answers.lock().unwrap().pop_front().unwrap_or((200, json!({})));
            http::Response::builder().status(status).body(body.to_string()).unwrap()
        });
        let endpoint = "http://localhost:1".parse().unwrap();
        exporter(config(&aws(), Some(&endpoint), http), filter)
    }

    /// The ids of the documents in each request.
    fn ids(&self) -> Vec<Vec<u64>> {
        let requests = self.requests.lock().unwrap();
        let documents = requests.iter().map(|(_, body)| body["TraceSegmentDocuments"].as_array().unwrap());
        documents
            .map(|documents| {
                let read = documents.iter().map(|text| serde_json::from_str::<Json>(text.as_str().unwrap()).unwrap());
                read.map(|document| u64::from_str_radix(document["id"].as_str().unwrap(), 16).unwrap()).collect()
            })
            .collect()
    }
}

fn aws() -> SdkConfig {
    let credentials = SharedCredentialsProvider::new(Credentials::new("AKID", "SECRET", None, None, "test"));
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(credentials)
        .build()
}

fn exporter(config: aws_sdk_xray::Config, filter: Filter) -> XRay {
    XRay::new(config, translator(filter), "spored/i-0abc".to_owned(), Memory::default())
}

fn translator(filter: Filter) -> Translator {
    let resource = Resource::builder_empty().with_attribute(KeyValue::new("service.name", "spored")).build();
    Translator::new(&resource, filter, &[])
}

/// Spans with the ids 1, 2, 3 and so on.
fn spans(number: u64) -> Vec<SpanData> {
    (1..=number).map(|id| SpanData { span_context: context(id), ..child("step", SpanKind::Internal) }).collect()
}

fn refusal(code: &str, what: &str) -> Refusal {
    Refusal { reason: DropReason::Rejected, code: code.to_owned(), what: what.to_owned() }
}

fn trouble(lasting: bool, what: &str, remedy: &str) -> Option<Trouble> {
    Some(Trouble { lasting, after: None, what: what.to_owned(), remedy: remedy.to_owned() })
}

#[tokio::test]
async fn spans_are_put_as_documents() {
    let api = Api::default();
    assert_eq!(api.exporter().send(&spans(2)).await, Outcome::delivered(2));
    assert_eq!(api.ids(), [[1, 2]]);
    assert_eq!(api.requests.lock().unwrap()[0].0, "http://localhost:1/TraceSegments");
}

#[tokio::test]
async fn a_request_has_50_documents_and_a_megabyte_at_most() {
    let api = Api::default();
    assert_eq!(api.exporter().send(&spans(120)).await, Outcome::delivered(120));
    assert_eq!(api.ids().iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 20]);
    let api = Api::default();
    let mut large = spans(40);
    for span in &mut large {
        // Cut to six lines of 8 KB each, and so about 49 KB.
        span.attributes = (0..6).map(|key| KeyValue::new(key.to_string(), "x".repeat(9_000))).collect();
    }
    assert_eq!(api.exporter().send(&large).await, Outcome::delivered(40));
    let sizes = api.requests.lock().unwrap().iter().map(|(_, body)| body.to_string().len()).collect::<Vec<_>>();
    assert!(sizes.iter().all(|size| *size < 1_100_000), "{sizes:?}");
}

#[tokio::test]
async fn what_was_not_processed_is_handled_by_its_code() {
    let unprocessed = json!({"UnprocessedTraceSegments": [
        {"Id": "0000000000000001", "ErrorCode": "ThrottledException", "Message": "slow down"},
        {"Id": "0000000000000003", "ErrorCode": "InvalidSegment", "Message": "no name"},
    ]});
    let api = Api::answering([(200, unprocessed)]);
    let expected = Outcome {
        fates: vec![Fate::Again, Fate::Delivered, Fate::Refused(DropReason::Rejected)],
        trouble: trouble(
            false,
            "X-Ray has not processed some documents: ThrottledException: slow down",
            "they are sent again; if this stays, lower the sampling rate",
        )
        .map(|trouble| Trouble { after: Some(Duration::ZERO), ..trouble }),
        refusal: Some("X-Ray has refused a document: InvalidSegment: no name".to_owned()),
        refusals: vec![(2, refusal("InvalidSegment", "X-Ray has refused a document: InvalidSegment: no name"))],
    };
    assert_eq!(api.exporter().send(&spans(3)).await, expected);
}

#[tokio::test]
async fn a_refusal_that_names_no_document_is_narrowed_down() {
    let nameless = || (200, json!({"UnprocessedTraceSegments": [{"ErrorCode": "InvalidSegment"}]}));
    let fine = || (200, json!({}));
    let api = Api::answering([nameless(), fine(), nameless(), nameless(), fine()]);
    let outcome = api.exporter().send(&spans(4)).await;
    let mut expected = Outcome::delivered(4);
    expected.refuse(2, refusal("InvalidSegment", "X-Ray has refused a document: InvalidSegment"));
    assert_eq!(outcome, expected);
    assert_eq!(api.ids(), [vec![1, 2, 3, 4], vec![1, 2], vec![3, 4], vec![3], vec![4]]);
}

#[tokio::test]
async fn an_access_that_is_denied_names_the_permission_to_add() {
    let denied = json!({"__type": "AccessDeniedException", "Message": "User: spored is not authorized"});
    let api = Api::answering([(403, denied)]);
    let expected = Outcome {
        fates: vec![Fate::Again; 2],
        trouble: trouble(
            true,
            "X-Ray refuses the spans: AccessDeniedException: User: spored is not authorized",
            "add this to the policy of the identity that sends, an instance's role for example: \
             {\"Sid\":\"SendSpansToXRay\",\"Effect\":\"Allow\",\
             \"Action\":[\"xray:PutTraceSegments\",\"xray:PutTelemetryRecords\"],\"Resource\":\"*\"}",
        ),
        ..Outcome::default()
    };
    assert_eq!(api.exporter().send(&spans(2)).await, expected);
}

#[tokio::test]
async fn throttling_and_server_errors_are_tried_again() {
    for (status, body) in [(429, json!({"__type": "ThrottledException"})), (503, json!({})), (500, json!({}))] {
        let outcome = Api::answering([(status, body)]).exporter().send(&spans(2)).await;
        let lasting = outcome.trouble.map(|trouble| trouble.lasting);
        assert_eq!((outcome.fates, lasting), (vec![Fate::Again; 2], Some(false)), "{status}");
    }
}

#[tokio::test]
async fn a_clock_that_is_off_is_mended_by_the_time_that_aws_says() {
    let signed: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = Arc::clone(&signed);
    let http = infallible_client_fn(move |request| {
        kept.lock().unwrap().push(request.headers()["x-amz-date"].to_str().unwrap().to_owned());
        let answer = http::Response::builder().header("date", "Fri, 01 Jan 2100 00:00:00 GMT");
        match kept.lock().unwrap().len() {
            1 => answer.status(403).body(r#"{"__type":"InvalidSignatureException","message":"Signature expired"}"#),
            _ => answer.body("{}"),
        }
        .unwrap()
    });
    let mut exporter = exporter(config(&aws(), None, http), Filter::default());
    assert_eq!(exporter.send(&spans(1)).await, Outcome::delivered(1));
    exporter.send(&spans(1)).await;
    let signed = signed.lock().unwrap().clone();
    let years: Vec<&str> = signed.iter().map(|date| &date[..4]).collect();
    // The first second of that year, or the last of the one before.
    assert!(years.len() == 3 && years[0] < "2099" && years[1..].iter().all(|year| *year >= "2099"), "{signed:?}");
}

#[tokio::test]
async fn a_signature_that_stays_refused_says_what_to_check() {
    let refused = |code: &str| (403, json!({"__type": code, "message": "no"}));
    for (code, remedy) in [
        ("InvalidSignatureException", "check the credentials, the region and the clock of this host"),
        ("RequestExpired", "set the clock of this host: AWS takes signatures of the last five minutes"),
    ] {
        let api = Api::answering([refused(code), refused(code)]);
        let expected = trouble(true, &format!("X-Ray refuses the spans: {code}: no"), remedy);
        assert_eq!(api.exporter().send(&spans(1)).await.trouble, expected);
        assert_eq!(api.ids(), [[1], [1]]);
    }
}

#[tokio::test]
async fn a_bad_request_costs_the_document_that_makes_it_bad() {
    let bad = || (400, json!({"__type": "InvalidRequestException", "Message": "bad"}));
    let api = Api::answering([bad(), bad()]);
    let outcome = api.exporter().send(&spans(2)).await;
    assert_eq!(outcome.fates, [Fate::Refused(DropReason::Rejected), Fate::Delivered]);
    assert_eq!(api.ids(), [vec![1, 2], vec![1], vec![2]]);
}

#[tokio::test]
async fn a_request_without_an_answer_ends_in_time() {
    let http: SharedHttpClient = NeverClient::new().into_shared();
    let timeouts = TimeoutConfig::builder().operation_timeout(Duration::from_millis(20)).build();
    let config = config(&aws(), None, http).to_builder().timeout_config(timeouts).build();
    let outcome = exporter(config, Filter::default()).send(&spans(1)).await;
    assert_eq!(outcome.fates, [Fate::Again]);
    assert_eq!(outcome.trouble.unwrap().what, "X-Ray cannot be reached: no answer in time");
}

#[tokio::test]
async fn missing_credentials_are_a_trouble_with_a_remedy() {
    let config_without =
        SdkConfig::builder().behavior_version(BehaviorVersion::latest()).region(Region::new("eu-central-1")).build();
    let http = infallible_client_fn(|_| http::Response::builder().body("").unwrap());
    let mut exporter = exporter(config(&config_without, None, http), Filter::default());
    let trouble = exporter.send(&spans(1)).await.trouble.unwrap();
    assert!(trouble.lasting && trouble.remedy.starts_with("give this host credentials"), "{trouble:?}");
}

#[tokio::test]
async fn attributes_are_filtered_before_they_leave() {
    let redact = vec!["secret".to_owned()];
    let api = Api::default();
    let mut exporter = api.filtering(Filter::new(&FilterSettings { redact, ..FilterSettings::default() }));
    let mut span = span("a");
    span.attributes = vec![KeyValue::new("secret", "hunter2")];
    exporter.send(&[span]).await;
    let sent = api.requests.lock().unwrap()[0].1.to_string();
    assert!(sent.contains("[redacted]") && !sent.contains("hunter2"), "{sent}");
}

#[tokio::test]
async fn nothing_is_reported_while_x_ray_takes_no_spans() {
    let api = Api::answering([(503, json!({}))]);
    let mut exporter = api.exporter();
    exporter.api.records.report_every(Duration::ZERO);
    exporter.send(&spans(1)).await;
    assert_eq!(api.requests.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn x_ray_is_told_how_the_sending_goes_when_its_time_has_come() {
    let api = Api::answering([(200, json!({})), (503, json!({})), (200, json!({}))]);
    let memory = Memory::default();
    let resource = Resource::builder_empty().with_attributes([
        KeyValue::new("host.name", "node-1"),
        KeyValue::new("cloud.resource_id", "arn:aws:ec2:eu-central-1:123456789012:instance/i-0abc"),
    ]);
    let translator = Translator::new(&resource.build(), Filter::default(), &[]);
    let config = api.exporter().api.client.config().clone();
    let mut exporter = XRay::new(config, translator, "spored/i-0abc".to_owned(), memory.clone());
    exporter.send(&spans(2)).await;
    exporter.send(&spans(1)).await;
    assert_eq!(api.requests.lock().unwrap().len(), 2);
    memory.note_spilled(7);
    exporter.api.records.report_every(Duration::ZERO);
    exporter.send(&spans(1)).await;
    let mut requests = api.requests.lock().unwrap().clone();
    let (uri, mut report) = requests.pop().unwrap();
    assert_eq!((requests.len(), uri.as_str()), (3, "http://localhost:1/TelemetryRecords"));
    report["TelemetryRecords"][0]["Timestamp"].take();
    let errors = json!({
        "TimeoutCount": 0,
        "ConnectionRefusedCount": 0,
        "HTTPCode4XXCount": 0,
        "HTTPCode5XXCount": 1,
        "UnknownHostCount": 0,
        "OtherCount": 0,
    });
    let record = json!({
        "Timestamp": null,
        "SegmentsReceivedCount": 10,
        "SegmentsSentCount": 3,
        "SegmentsSpilloverCount": 7,
        "SegmentsRejectedCount": 0,
        "BackendConnectionErrors": errors,
    });
    let arn = "arn:aws:ec2:eu-central-1:123456789012:instance/i-0abc";
    assert_eq!(report, json!({"TelemetryRecords": [record], "Hostname": "node-1", "ResourceARN": arn}));
}

#[tokio::test]
async fn what_ties_the_parts_of_a_trace_together_is_sent_until_it_is_taken() {
    let api = Api::answering([(503, json!({}))]);
    let mut exporter = api.exporter();
    exporter.budget.borrow_mut().limits.quick = 4_000;
    let spans = spans(12);
    assert_eq!(exporter.send(&spans).await.fates, vec![Fate::Again; 12]);
    let first = api.ids();
    let beside: Vec<u64> = first[0].iter().copied().filter(|id| *id > 12).collect();
    assert!(!beside.is_empty(), "{first:?}");
    assert_eq!(exporter.send(&spans).await, Outcome::delivered(12));
    assert!(beside.iter().all(|id| api.ids()[1].contains(id)), "{:?}", api.ids());
    exporter.send(&spans[..1]).await;
    assert_eq!(api.ids()[2], [1]);
    assert_eq!(exporter.remarks().split, 12 - first[0].iter().position(|id| *id > 12).unwrap() as u64);
}

#[tokio::test]
async fn what_an_exporter_knows_of_a_trace_the_next_one_knows_too() {
    let api = Api::default();
    let mut first = api.exporter();
    let budget = Rc::clone(&first.budget);
    budget.borrow_mut().limits.quick = 4_000;
    first.send(&spans(12)).await;
    let mut second = api.exporter();
    second.budget = budget;
    second.send(&[span("root")]).await;
    let bodies = api.requests.lock().unwrap();
    let text =
        |body: usize, document: usize| bodies[body].1["TraceSegmentDocuments"][document].as_str().unwrap().to_owned();
    let trace = |text: String| serde_json::from_str::<Json>(&text).unwrap()["trace_id"].clone();
    assert_eq!(trace(text(1, 0)), trace(text(0, 0)), "the root goes where its first child went");
}

#[tokio::test]
async fn an_announcement_is_heard_when_x_ray_has_taken_it() {
    let api = Api::answering([(503, json!({}))]);
    let mut exporter = api.exporter();
    let attempt = [span("task align[7]")];
    assert!(!exporter.announce(&attempt).await);
    assert!(exporter.announce(&attempt).await);
    assert!(exporter.announce(&[]).await);
    assert_eq!(api.ids(), [[0xa1], [0xa1]]);
}
