//! What becomes of spans that a receiver does not take.

use super::*;

#[tokio::test]
async fn spans_that_the_receiver_refuses_are_counted() {
    let partial = ExportTracePartialSuccess { rejected_spans: 1, error_message: "too old".to_owned() };
    let message = ExportTraceServiceResponse { partial_success: Some(partial) };
    for protocol in BOTH {
        let (endpoint, _) = receiver(protocol, Answer { message: message.clone(), ..Answer::ok() }).await;
        let outcome = exporter(&settings(protocol), &endpoint).send(&[span("a"), span("b")]).await;
        let fates = vec![Fate::Delivered, Fate::Refused(DropReason::Rejected)];
        let what = "the OTLP receiver has refused 1 of 2 spans, and does not say which: too old".to_owned();
        // The one that it means is among them.
        let refusals = vec![(0, rejected(PARTIAL, what.clone())), (1, rejected(PARTIAL, what.clone()))];
        assert_eq!(outcome, Outcome { fates, trouble: None, refusal: Some(what), refusals });
    }
}

#[tokio::test]
async fn a_failure_is_told_by_whether_it_will_last() {
    let cases = [
        (OtlpProtocol::Http, 503, "0", false),
        (OtlpProtocol::Http, 429, "0", false),
        (OtlpProtocol::Http, 401, "0", true),
        (OtlpProtocol::Http, 404, "0", true),
        (OtlpProtocol::Http, 302, "0", true),
        (OtlpProtocol::Grpc, 200, "14", false),
        (OtlpProtocol::Http, 403, "0", true),
        (OtlpProtocol::Grpc, 200, "16", true),
        (OtlpProtocol::Grpc, 200, "12", true),
    ];
    for (protocol, status, grpc, lasting) in cases {
        let (endpoint, _) = receiver(protocol, Answer { status, grpc, ..Answer::ok() }).await;
        let outcome = exporter(&settings(protocol), &endpoint).send(&[span("a")]).await;
        let told = outcome.trouble.map(|trouble| trouble.lasting);
        assert_eq!((outcome.fates, told), (vec![Fate::Again], Some(lasting)), "{protocol} {status} {grpc}");
    }
}

#[tokio::test]
async fn a_receiver_that_is_busy_says_when_to_come_again() {
    let answer = Answer { status: 503, retry_after: Some("7"), ..Answer::ok() };
    let (endpoint, _) = receiver(OtlpProtocol::Http, answer).await;
    let trouble = exporter(&settings(OtlpProtocol::Http), &endpoint).send(&[span("a")]).await.trouble.unwrap();
    assert_eq!((trouble.lasting, trouble.after), (false, Some(Duration::from_secs(7))));
}

#[tokio::test]
async fn a_bad_request_is_narrowed_down_to_the_span() {
    for (protocol, status, grpc) in [(OtlpProtocol::Http, 400, "0"), (OtlpProtocol::Grpc, 200, "3")] {
        let (endpoint, got) = receiver(protocol, Answer { status, grpc, ..Answer::ok() }).await;
        let outcome = exporter(&settings(protocol), &endpoint).send(&[span("a"), span("b")]).await;
        assert_eq!(outcome.fates, [Fate::Refused(DropReason::Rejected); 2]);
        let requests: Vec<_> = got.lock().unwrap().iter().map(|(_, _, names)| names.clone()).collect();
        assert_eq!(requests, [vec!["a", "b"], vec!["a"], vec!["b"]]);
    }
}

#[tokio::test]
async fn what_is_final_is_lost_without_another_try() {
    let cases = [
        (OtlpProtocol::Http, 500, "0"),
        (OtlpProtocol::Http, 501, "0"),
        (OtlpProtocol::Http, 408, "0"),
        (OtlpProtocol::Grpc, 200, "13"),
        (OtlpProtocol::Grpc, 200, "2"),
        (OtlpProtocol::Grpc, 200, "8"),
    ];
    for (protocol, status, grpc) in cases {
        let (endpoint, got) = receiver(protocol, Answer { status, grpc, ..Answer::ok() }).await;
        let outcome = exporter(&settings(protocol), &endpoint).send(&[span("a"), span("b")]).await;
        assert_eq!(outcome.fates, [Fate::Refused(DropReason::Rejected); 2], "{protocol} {status} {grpc}");
        assert_eq!((outcome.trouble, got.lock().unwrap().len()), (None, 1), "{protocol} {status} {grpc}");
    }
}

#[tokio::test]
async fn a_span_that_is_too_large_is_refused_before_it_is_sent() {
    assert_eq!(LARGEST, 64 * 1024 * 1024);
    for protocol in ALL {
        let (endpoint, got) = receiver(protocol, Answer::ok()).await;
        let mut large = span("large");
        large.attributes = vec![KeyValue::new("text", "x".repeat(10_000))];
        let mut exporter = exporter(&settings(protocol), &endpoint);
        exporter.largest = 10_000;
        let outcome = exporter.send(&[span("a"), large]).await;
        assert_eq!(outcome.fates, [Fate::Delivered, Fate::Refused(DropReason::TooLarge)], "{protocol}");
        assert!(outcome.refusal.unwrap().ends_with("takes 10000 a request"), "{protocol}");
        assert_eq!(got.lock().unwrap().len(), 1, "{protocol}");
    }
}
