//! Answers of the control socket: JSON, errors too, as `{"error": "…"}`.

use crate::agent::CheckError;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use spawn_config::UnknownKey;

/// What a route answers.
pub(super) type Answer = Result<Json<Value>, Refusal>;

/// An answer that says why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// The agent does not know its settings yet.
    pub(super) fn starting() -> Self {
        let message = "the agent is still finding out which host this is: see `spored status`, and try again";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
    }

    /// Something in the settings is wrong; nothing has changed.
    pub(super) fn settings(error: &anyhow::Error) -> Self {
        let unknown = |cause: &(dyn std::error::Error + 'static)| {
            cause.is::<UnknownKey>() || matches!(cause.downcast_ref(), Some(CheckError::Key(_)))
        };
        let status = match error.chain().any(unknown) {
            true => StatusCode::NOT_FOUND,
            false => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, format!("{error:#}"))
    }
}

impl From<UnknownKey> for Refusal {
    fn from(error: UnknownKey) -> Self {
        Self::new(StatusCode::NOT_FOUND, error.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.message }))).into_response()
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

/// Reads a body; an empty one is an empty object.
pub(super) fn body<T: DeserializeOwned>(bytes: Result<Bytes, BytesRejection>) -> Result<T, Refusal> {
    let bytes = bytes.map_err(|rejected| Refusal::new(rejected.status(), rejected.body_text()))?;
    let bytes = if bytes.is_empty() { Bytes::from_static(b"{}") } else { bytes };
    serde_json::from_slice(&bytes).map_err(|error| {
        Refusal::new(StatusCode::BAD_REQUEST, format!("the body is not what this path takes: {error}"))
    })
}

pub(super) async fn no_such_path() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "no such path: docs/reference/control-socket.md lists them")
}

pub(super) async fn no_such_method() -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "this path takes another method: docs/reference/control-socket.md")
}
