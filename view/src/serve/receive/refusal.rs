//! What the receiver says when it does not take something, as OTLP wants it said.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use prost::Message;
use tonic::{Code, Status};

/// How a client wants to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speech {
    Grpc,
    Protobuf,
    Json,
}

impl Speech {
    /// As it asks, so it is answered; who asks in another way is likely to be a person.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        match kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "application/x-protobuf" => Self::Protobuf,
            kind if kind.starts_with("application/grpc") => Self::Grpc,
            _ => Self::Json,
        }
    }

    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Grpc => "application/grpc",
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }

    /// This form's answer with this body.
    pub(super) fn answer(self, status: StatusCode, body: Vec<u8>) -> Response {
        (status, [(CONTENT_TYPE, HeaderValue::from_static(self.content_type()))], body).into_response()
    }
}

/// Why something is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: Code,
    pub(super) message: String,
    /// When to come again; never without it.
    pub(super) again: Option<Duration>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: Code, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), again: None }
    }

    pub(super) fn answer(self, speech: Speech) -> Response {
        let Self { status, code, message, again } = self;
        let details = again.map(RetryInfo::any).into_iter().collect();
        let said = RpcStatus { code: code as i32, message: message.clone(), details };
        let mut response = match speech {
            Speech::Grpc => return Status::with_details(code, message, said.encode_to_vec().into()).into_http(),
            Speech::Protobuf => speech.answer(status, said.encode_to_vec()),
            Speech::Json => {
                let said = serde_json::json!({ "code": said.code, "message": said.message });
                speech.answer(status, said.to_string().into_bytes())
            }
        };
        if let Some(again) = again {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(again.as_secs().max(1)));
        }
        response
    }
}

/// What is nowhere.
pub(super) async fn unknown(request: Request<Body>) -> Response {
    let message = format!(
        "{} is nothing here: this port takes traces by OTLP, by gRPC or at /v1/traces; the pages have another port, which \
         `spawn trace serve` has said",
        request.uri().path().chars().take(200).collect::<String>()
    );
    Refusal::new(StatusCode::NOT_FOUND, Code::Unimplemented, message).answer(Speech::of(request.headers()))
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<RpcAny>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
struct RpcAny {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<RpcDuration>,
}

/// `google.protobuf.Duration`.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
struct RpcDuration {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

impl RetryInfo {
    fn any(again: Duration) -> RpcAny {
        let seconds = i64::try_from(again.as_secs()).unwrap_or(i64::MAX);
        let info = Self { retry_delay: Some(RpcDuration { seconds, nanos: again.subsec_nanos().cast_signed() }) };
        RpcAny { type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(), value: info.encode_to_vec() }
    }
}
