//! OTLP over HTTP.

use std::io::Read as _;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, StatusCode};
use http_body_util::LengthLimitError;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use prost::Message as _;
use tonic::Code;

use super::{MOST_BYTES, Receiver, Refusal, Speech, grpc, partly};
use crate::serve::store::Coming;

/// Keeps the spans of a message.
pub(super) async fn traces(State(receiver): State<Receiver>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let speech = Speech::of(&parts.headers);
    let message = match message(&parts.headers, body).await {
        Ok(message) => message,
        Err(refusal) => return refusal.answer(speech),
    };
    // Away from the thread that answers the others: a message may be large.
    let kept = tokio::task::spawn_blocking(move || {
        let (messages, refused) = message.read(speech)?;
        receiver.live.store().refuse(refused);
        Ok(refused + receiver.live.add(messages, Coming::Fresh))
    });
    match kept.await {
        Ok(Ok(refused)) => speech.answer(StatusCode::OK, said(speech, refused)),
        Ok(Err(refusal)) => Refusal::answer(refusal, speech),
        Err(_) => {
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal, "the message was not read").answer(speech)
        }
    }
}

/// Takes metrics and logs, and keeps none: an SDK that sends them beside its traces would complain without end.
pub(super) async fn passed_over(State(receiver): State<Receiver>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let speech = Speech::of(&parts.headers);
    match message(&parts.headers, body).await {
        Ok(_) => {
            receiver.pass_over(parts.uri.path());
            speech.answer(StatusCode::OK, said(speech, 0))
        }
        Err(refusal) => refusal.answer(speech),
    }
}

fn said(speech: Speech, refused: u64) -> Vec<u8> {
    match (speech, refused) {
        (Speech::Json, 0) => b"{}".to_vec(),
        (Speech::Json, _) => {
            let partly = serde_json::json!({ "rejectedSpans": refused.to_string(), "errorMessage": partly(refused) });
            serde_json::json!({ "partialSuccess": partly }).to_string().into_bytes()
        }
        _ => grpc::answer(refused).encode_to_vec(),
    }
}

/// A message as it came.
struct Encoded {
    bytes: Bytes,
    gzip: bool,
}

async fn message(headers: &HeaderMap, body: Body) -> Result<Encoded, Refusal> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
    let kind = text(http::header::CONTENT_TYPE);
    let known = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !["application/x-protobuf", "application/json"].contains(&known.as_str()) {
        return Err(unsupported(format!("content type {kind:?} is not application/x-protobuf or application/json")));
    }
    let gzip = match text(CONTENT_ENCODING).to_ascii_lowercase().as_str() {
        "" | "identity" => false,
        "gzip" => true,
        other => return Err(unsupported(format!("content encoding {other:?} is neither gzip nor identity"))),
    };
    let bytes = to_bytes(body, MOST_BYTES).await.map_err(|error| {
        let large = std::error::Error::source(&error).is_some_and(|source| source.is::<LengthLimitError>());
        if large { too_large() } else { malformed(format!("the message broke off: {error}")) }
    })?;
    Ok(Encoded { bytes, gzip })
}

impl Encoded {
    /// What it says, and how many of its spans are none.
    fn read(self, speech: Speech) -> Result<(Vec<ResourceSpans>, u64), Refusal> {
        let bytes = match self.gzip {
            true => decompressed(&self.bytes)?,
            false => self.bytes,
        };
        if speech == Speech::Json {
            let (messages, none) = spawn_telemetry::otlp_json::resource_spans(&bytes)
                .map_err(|error| malformed(format!("the message is not taken: {error}")))?;
            return Ok((messages, none.len() as u64));
        }
        let message = ExportTraceServiceRequest::decode(bytes)
            .map_err(|error| malformed(format!("the message is no protobuf of OTLP: {error}")))?;
        Ok((message.resource_spans, 0))
    }
}

fn decompressed(bytes: &[u8]) -> Result<Bytes, Refusal> {
    let mut whole = Vec::new();
    let most = MOST_BYTES as u64 + 1;
    MultiGzDecoder::new(bytes)
        .take(most)
        .read_to_end(&mut whole)
        .map_err(|error| malformed(format!("the message is no gzip: {error}")))?;
    if whole.len() > MOST_BYTES { Err(too_large()) } else { Ok(whole.into()) }
}

fn unsupported(message: String) -> Refusal {
    Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::InvalidArgument, message)
}

fn malformed(message: String) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, Code::InvalidArgument, message)
}

fn too_large() -> Refusal {
    let message = format!("a message may have {} MB: send fewer spans at a time", MOST_BYTES / (1024 * 1024));
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, Code::InvalidArgument, message)
}
