//! OTLP by HTTP, as protobuf or as JSON.

use std::cell::Cell;
use std::io::{Read, Write};
use std::time::SystemTime;

use ::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header};
use bytes::Bytes;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
use prost::Message;
use serde_json::Value;
use spawn_config::{Compression, Endpoint, OtlpSettings};

use super::super::split::Sent;
use super::super::words::brief;
use super::super::{Refusal, Trouble};
use super::connector::{Connector, Versions, connector};
use super::sign::Signer;
use super::trouble::{broken, busy, refusing, unreachable};
use super::{Failure, LARGEST_ANSWER, endpoint, later, rejected};
use crate::counters::DropReason;

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Protobuf,
    Json,
}

impl Form {
    /// The type of a body, also of the answer that is asked for.
    const fn content_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }
}

/// A client on connections of its own. It follows no redirect.
#[derive(Debug)]
pub(super) struct Http {
    client: Client<Connector, Full<Bytes>>,
    uri: Uri,
    compression: Compression,
    form: Form,
    signer: Option<Signer>,
    /// Whether the last request was refused for the time of its signature, which we know better now.
    clock_mended: Cell<bool>,
}

impl Http {
    pub(super) fn new(
        settings: &OtlpSettings,
        endpoint: Option<&Endpoint>,
        form: Form,
        signer: Option<Signer>,
    ) -> Result<Self, Trouble> {
        let uri = endpoint::http(endpoint)?;
        let connector = connector(settings, &uri, Versions::OneAndTwo)?;
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { client, uri, compression: settings.compression, form, signer, clock_mended: Cell::default() })
    }

    pub(super) fn form(&self) -> Form {
        self.form
    }

    /// Whether requests are signed for AWS.
    #[cfg(test)]
    pub(super) fn signs(&self) -> bool {
        self.signer.is_some()
    }

    /// What was found out about this host's clock since the last time.
    pub(super) fn take_skew(&self) -> Option<i64> {
        self.signer.as_ref()?.take_skew()
    }

    /// Whether there are credentials, or a time, to sign with that were not used before.
    pub(super) async fn renew_credentials(&self) -> bool {
        if self.clock_mended.take() {
            return true;
        }
        match &self.signer {
            Some(signer) => signer.renew().await,
            None => false,
        }
    }

    pub(super) async fn send(&self, body: Vec<u8>, headers: &HeaderMap) -> Result<ExportTraceServiceResponse, Failure> {
        let mut request = self.request(body, headers)?;
        if let Some(signer) = &self.signer {
            signer.sign(&mut request, signer.now()).await.map_err(Sent::Failed)?;
        }
        let request = request.map(Full::from);
        let answer = self.client.request(request).await.map_err(|error| Sent::Failed(broken(&error)))?;
        let (parts, body) = answer.into_parts();
        // AWS says so of a signature that is out of time.
        let is_clock = parts.status == StatusCode::FORBIDDEN
            && self.signer.as_ref().is_some_and(|signer| signer.learn(&parts.headers, SystemTime::now()));
        self.clock_mended.set(is_clock);
        // The status counts even if the body cannot be read.
        let body = Limited::new(body, LARGEST_ANSWER).collect().await;
        let body = body.ok().map(|body| body.to_bytes()).and_then(|body| unzipped(&parts.headers, body));
        read(parts.status, &parts.headers, body.as_deref())
    }

    fn request(&self, body: Vec<u8>, headers: &HeaderMap) -> Result<Request<Bytes>, Failure> {
        let unusable = |error: &dyn std::error::Error| Failure::from(Sent::Failed(unreachable(&error.to_string())));
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(self.uri.clone())
            .header(header::CONTENT_TYPE, self.form.content_type())
            .header(header::ACCEPT_ENCODING, "gzip")
            .header(header::USER_AGENT, concat!("spawn-telemetry/", env!("CARGO_PKG_VERSION")));
        let body = match self.compression {
            Compression::None => body,
            Compression::Gzip => {
                request = request.header(header::CONTENT_ENCODING, "gzip");
                zipped(&body).map_err(|error| unusable(&error))?
            }
        };
        let mut request = request.body(Bytes::from(body)).map_err(|error| unusable(&error))?;
        request.headers_mut().extend(headers.clone());
        Ok(request)
    }
}

/// Which statuses may go better the next time is fixed by the OTLP specification. Where somebody has to change something,
/// the spans wait for that; all else that is final is lost, and what is bad in a request is looked for in its halves.
/// A body that is too large to be read is `None`.
fn read(status: StatusCode, headers: &HeaderMap, body: Option<&[u8]>) -> Result<ExportTraceServiceResponse, Failure> {
    let is_json = headers.get(header::CONTENT_TYPE).is_some_and(|it| it.as_bytes().starts_with(b"application/json"));
    let said = match body.and_then(|body| words(body, is_json, headers)) {
        Some(words) => format!("status {status}: {}", brief(&words)),
        None => format!("status {status}"),
    };
    let refusal = |reason| Refusal {
        reason,
        code: status.as_str().to_owned(),
        what: format!("the OTLP receiver has refused spans: {said}"),
    };
    Err(match status.as_u16() {
        200..=299 => {
            return match body {
                // The spans were taken, whatever the body is.
                Some(body) => Ok(answer(body, is_json)),
                None => {
                    let what = "the OTLP receiver's answer is unreadable, or larger than 4 MiB: it counts as a refusal";
                    Err(Sent::Lost(rejected(status.as_str(), what.to_owned())).into())
                }
            };
        }
        413 => Sent::Refused(refusal(DropReason::TooLarge)).into(),
        400 | 422 => Sent::Refused(refusal(DropReason::Rejected)).into(),
        401 => Failure { sent: Box::new(Sent::Failed(refusing(&said))), unauthenticated: true },
        // X-Ray says so of a signature by credentials that have ended.
        403 => Failure { sent: Box::new(Sent::Failed(refusing(&said))), unauthenticated: true },
        300..=399 | 404 | 405 | 407 | 415 => Sent::Failed(refusing(&said)).into(),
        429 | 502 | 503 | 504 => Sent::Failed(busy(&said, later::by_header(headers, SystemTime::now()))).into(),
        _ => Sent::Lost(refusal(DropReason::Rejected)).into(),
    })
}

fn answer(body: &[u8], is_json: bool) -> ExportTraceServiceResponse {
    if !is_json {
        return ExportTraceServiceResponse::decode(body).unwrap_or_default();
    }
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let partial = &json["partialSuccess"];
    let rejected = &partial["rejectedSpans"];
    let rejected_spans = rejected.as_i64().or_else(|| rejected.as_str()?.parse().ok()).unwrap_or_default();
    let error_message = partial["errorMessage"].as_str().unwrap_or_default().to_owned();
    ExportTraceServiceResponse { partial_success: Some(ExportTracePartialSuccess { rejected_spans, error_message }) }
}

/// The message of the `google.rpc.Status` that OTLP prescribes for the body of an error, or AWS's.
fn words(body: &[u8], is_json: bool, headers: &HeaderMap) -> Option<String> {
    /// `google.rpc.Status`, as far as it is read.
    #[derive(Message)]
    struct Status {
        #[prost(string, tag = "2")]
        message: String,
    }
    let is_protobuf = headers.get(header::CONTENT_TYPE).is_some_and(|it| it == Form::Protobuf.content_type());
    let message = if is_json {
        let json: Value = serde_json::from_slice(body).ok()?;
        json["message"].as_str().or(json["Message"].as_str())?.to_owned()
    } else if is_protobuf {
        Status::decode(body).ok()?.message
    } else {
        return None;
    };
    (!message.is_empty()).then_some(message)
}

/// The body as the receiver meant it; `None` if it is no gzip, or too much of it.
fn unzipped(headers: &HeaderMap, body: Bytes) -> Option<Bytes> {
    if headers.get(header::CONTENT_ENCODING) != Some(&HeaderValue::from_static("gzip")) {
        return Some(body);
    }
    let mut plain = Vec::new();
    let bound = LARGEST_ANSWER as u64 + 1;
    GzDecoder::new(&*body).take(bound).read_to_end(&mut plain).ok()?;
    (plain.len() <= LARGEST_ANSWER).then(|| plain.into())
}

fn zipped(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(body)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16) -> Sent {
        read(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), Some(b""))
            .map(drop)
            .map_err(|failure| *failure.sent)
            .unwrap_err()
    }

    /// The rows of the reference's table of answers: the statuses of each, with ranges written out.
    fn rows() -> Vec<Vec<u16>> {
        let page = include_str!("../../../../docs/reference/otlp.md");
        let table = page.split_once("<!-- answers:begin -->").unwrap().1.split_once("<!-- answers:end -->").unwrap().0;
        let statuses = |row: &str| -> Vec<u16> {
            let parts = row.split('|').nth(1).unwrap().split(',');
            let numbers = parts.map(|part| part.split(" to ").filter_map(|word| word.trim().parse().ok()).collect());
            let ranges = numbers.flat_map(|part: Vec<u16>| match part[..] {
                [] => 0..=0,
                [one] => one..=one,
                [first, last, ..] => first..=last,
            });
            ranges.filter(|status| *status > 0).collect()
        };
        table.trim().lines().skip(2).map(statuses).collect()
    }

    #[test]
    fn the_statuses_that_the_specification_calls_retryable_are_tried_again_and_no_others() {
        let [taken, again, halves, large, waits, other] = &rows()[..] else { panic!("{:?}", rows()) };
        assert_eq!((taken, other), (&(200..=299).collect(), &vec![]));
        for status in 300..=599 {
            let expected = match told(status) {
                Sent::Failed(Trouble { lasting: false, .. }) => again,
                Sent::Failed(Trouble { lasting: true, .. }) => waits,
                Sent::Refused(Refusal { reason: DropReason::TooLarge, .. }) => large,
                Sent::Refused(_) => halves,
                Sent::Lost(_) => other,
                Sent::Answered(_) | Sent::Some { .. } => taken,
            };
            let listed = [taken, again, halves, large, waits].into_iter().find(|row| row.contains(&status));
            assert_eq!(listed.unwrap_or(other), expected, "{status}");
        }
    }

    #[test]
    fn the_words_of_a_refusal_are_told_in_both_forms() {
        let said = |kind, body: &[u8]| {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]);
            match *read(StatusCode::BAD_REQUEST, &headers, Some(body)).unwrap_err().sent {
                Sent::Refused(refusal) => refusal.what,
                other => panic!("{other:?}"),
            }
        };
        let words = "the OTLP receiver has refused spans: status 400 Bad Request: no id";
        assert_eq!(said("application/x-protobuf", b"\x08\x03\x12\x05no id"), words);
        assert_eq!(said("application/json", b"{\"code\":3,\"message\":\"no id\"}"), words);
        assert_eq!(said("text/html", b"<html>no id"), "the OTLP receiver has refused spans: status 400 Bad Request");
    }

    #[test]
    fn an_answer_is_read_in_both_forms_and_zipped() {
        let partial = ExportTracePartialSuccess { rejected_spans: 2, error_message: "old".to_owned() };
        let expected = ExportTraceServiceResponse { partial_success: Some(partial) };
        let json = br#"{"partialSuccess":{"rejectedSpans":"2","errorMessage":"old"}}"#;
        assert_eq!(answer(json, true), expected);
        let body = zipped(&expected.encode_to_vec()).unwrap();
        let headers = HeaderMap::from_iter([(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))]);
        assert_eq!(answer(&unzipped(&headers, body.into()).unwrap(), false), expected);
    }

    #[test]
    fn an_answer_that_would_fill_the_memory_is_not_read_and_counts_as_a_refusal() {
        let headers = HeaderMap::from_iter([(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))]);
        let bomb = zipped(&vec![0; LARGEST_ANSWER + 1]).unwrap();
        assert_eq!(unzipped(&headers, bomb.into()), None);
        assert!(matches!(*read(StatusCode::OK, &HeaderMap::new(), None).unwrap_err().sent, Sent::Lost(_)));
    }
}
