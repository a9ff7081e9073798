//! Bodies that end before their call, too late, with trailers, or with an error of the SDK's own.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::http::StatusCode;
use http::HeaderMap;
use http_body_util::BodyExt;
use opentelemetry::Value;
use opentelemetry::trace::{SpanKind, TraceId};
use spawn_config::SamplingRate;

use super::*;
use crate::describe::Attributes;
use crate::recorder::{Begun, Keep, Recorder, SpanStart, Unsampled};
use crate::testing::Spans;

/// Frames that come one by one.
struct Frames(VecDeque<Result<Frame<Bytes>, Error>>);

impl Body for Frames {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Poll::Ready(self.0.pop_front())
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }
}

fn data(text: &'static str) -> Result<Frame<Bytes>, Error> {
    Ok(Frame::data(Bytes::from_static(text.as_bytes())))
}

/// A response under watch, since so long.
fn watched(frames: impl IntoIterator<Item = Result<Frame<Bytes>, Error>>, since: Duration) -> (SdkBody, Arc<Reading>) {
    let body = SdkBody::from_body_1_x(Frames(frames.into_iter().collect()));
    let mut response = HttpResponse::new(StatusCode::try_from(200).unwrap(), body);
    let reading = watch(&mut response, Instant::now().checked_sub(since).unwrap());
    (response.into_body(), reading)
}

/// The call is done, and its span with the reading.
fn done(reading: &Arc<Reading>) -> (Recorder, Spans) {
    kept(reading, Keep::Always)
}

fn kept(reading: &Arc<Reading>, keep: Keep) -> (Recorder, Spans) {
    let spans = Spans::default();
    let recorder = Recorder::new(crate::pipeline::Pipeline::start(), Some(spans.clone()));
    recorder.sampler().decide(SamplingRate::ALWAYS);
    let Begun::Sampled(start) = recorder.begin() else { panic!("the rate is 1") };
    let start = SpanStart { keep, ..start };
    let mut attributes = Attributes::default();
    attributes.add("error", false);
    let name = "S3.GetObject".to_owned();
    reading.claim(FinishedCall { recorder: recorder.clone(), start, name, kind: SpanKind::Client, attributes });
    recorder.bodies().add(reading);
    (recorder, spans)
}

fn said(spans: &Spans) -> Vec<(String, Value)> {
    let span = spans.take_one();
    let told = span.attributes.into_iter().map(|it| (it.key.to_string(), it.value));
    told.filter(|(key, _)| !key.ends_with("_ms")).collect()
}

fn expected(size: i64, complete: bool, error: Option<(&'static str, &'static str)>) -> Vec<(String, Value)> {
    let mut all: Vec<(&str, Value)> = vec![
        ("error", error.is_some().into()),
        ("http.response.body.size", size.into()),
        ("aws.response.complete", complete.into()),
    ];
    if let Some((kind, message)) = error {
        all.extend([("error.type", kind.into()), ("error.message", message.into())]);
    }
    all.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

#[tokio::test]
async fn a_body_that_ends_before_its_call_is_told_when_the_call_is_done() {
    let (body, reading) = watched([data("four"), data("five!")], Duration::ZERO);
    assert_eq!(body.collect().await.unwrap().to_bytes(), "fourfive!");
    let (_recorder, spans) = done(&reading);
    assert_eq!(said(&spans), expected(9, true, None));
}

#[tokio::test]
async fn trailers_come_through_and_are_no_bytes_of_the_body() {
    let trailers = HeaderMap::from_iter([("x-sum".parse().unwrap(), "1".parse().unwrap())]);
    let (body, reading) = watched([data("four"), Ok(Frame::trailers(trailers.clone()))], Duration::ZERO);
    let (_recorder, spans) = done(&reading);
    assert_eq!(body.collect().await.unwrap().trailers(), Some(&trailers));
    assert_eq!(said(&spans), expected(4, true, None));
}

#[tokio::test]
async fn a_reader_who_stops_at_the_last_byte_has_read_it_all() {
    let (mut body, reading) = watched([data("four"), data("five!")], Duration::ZERO);
    let (_recorder, spans) = done(&reading);
    for _ in 0..2 {
        body.frame().await.unwrap().unwrap();
    }
    drop(body);
    assert_eq!(said(&spans), expected(9, true, None));
}

#[tokio::test]
async fn the_sdks_own_errors_of_bodies_have_their_own_words() {
    let late = io::Error::new(io::ErrorKind::TimedOut, "nothing came");
    let broken = io::Error::new(io::ErrorKind::UnexpectedEof, "the end came early");
    let slow = "minimum throughput was specified at 1 B/s, but throughput of 0 B/s was observed";
    let cases: [(Error, &str, &str); 4] = [
        (late.into(), "timeout", "nothing came"),
        (broken.into(), "connection", "the end came early"),
        (slow.into(), "timeout", slow),
        ("body checksum mismatch".into(), "response", "body checksum mismatch"),
    ];
    for (error, kind, message) in cases {
        let (mut body, reading) = watched([data("four"), Err(error)], Duration::ZERO);
        let (_recorder, spans) = done(&reading);
        body.frame().await.unwrap().unwrap();
        body.frame().await.unwrap().unwrap_err();
        assert_eq!(said(&spans), expected(4, false, Some((kind, message))));
        drop(body);
        assert_eq!(spans.take(), []);
    }
}

#[tokio::test]
async fn a_body_that_lives_for_ever_does_not_hold_its_span_for_ever() {
    let (mut body, reading) = watched([data("four"), data("five!")], Duration::from_secs(16 * 60));
    let (_recorder, spans) = done(&reading);
    // The next call that leaves its span with a body finds that this one takes too long.
    assert_eq!(said(&spans), expected(0, false, None));
    while body.frame().await.is_some() {}
    assert_eq!(spans.take(), []);
}

#[tokio::test]
async fn an_end_of_the_program_writes_what_waits_once() {
    let (mut body, reading) = watched([data("four"), data("five!")], Duration::ZERO);
    let (recorder, spans) = done(&reading);
    body.frame().await.unwrap().unwrap();
    recorder.bodies().settle();
    assert_eq!(said(&spans), expected(4, false, None));
    recorder.bodies().settle();
    drop(body);
    assert_eq!(spans.take(), []);
}

#[tokio::test]
async fn a_call_that_is_kept_if_it_fails_is_kept_for_a_body_that_breaks_off_and_for_no_other() {
    let if_failed = Keep::IfFailed(Unsampled { trace_id: TraceId::INVALID, parent: None, sampled: false });
    let (body, reading) = watched([data("four")], Duration::ZERO);
    let (_recorder, spans) = kept(&reading, if_failed);
    body.collect().await.unwrap();
    assert_eq!(spans.take(), []);
    let (mut body, reading) = watched([Err("broken".into())], Duration::ZERO);
    let (_recorder, spans) = kept(&reading, if_failed);
    body.frame().await.unwrap().unwrap_err();
    assert_eq!(said(&spans), expected(0, false, Some(("connection", "broken"))));
}
