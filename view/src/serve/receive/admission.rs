//! Who is let in, and how many at a time.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use http::header::{HOST, ORIGIN};
use tokio::sync::Semaphore;
use tonic::Code;

use super::{Refusal, Speech};
use crate::serve::address::is_own;

/// Messages that are read at one time: each may take 64 MB, and as much again for what is made of it.
const MESSAGES: usize = 8;
/// How long a message waits for its turn before its sender is told to come again, and when.
const PATIENCE: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_secs(2);
/// Longest time for a message, from its first byte to its answer.
const WHOLE: Duration = Duration::from_secs(30);

/// The places for messages.
#[derive(Debug)]
pub(in crate::serve) struct Admission {
    places: Semaphore,
    patience: Duration,
}

impl Admission {
    pub(in crate::serve) fn of(messages: usize, patience: Duration) -> Self {
        Self { places: Semaphore::new(messages), patience }
    }
}

impl Default for Admission {
    fn default() -> Self {
        Self::of(MESSAGES, PATIENCE)
    }
}

/// Lets a message in when it is its turn.
pub(super) async fn admit(State(admission): State<Arc<Admission>>, request: Request<Body>, next: Next) -> Response {
    let speech = Speech::of(request.headers());
    if let Err(message) = loopback_only(&request) {
        return Refusal::new(StatusCode::FORBIDDEN, Code::PermissionDenied, message).answer(speech);
    }
    let Ok(Ok(_place)) = tokio::time::timeout(admission.patience, admission.places.acquire()).await else {
        let message = "too many messages are being read: come again";
        let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, Code::ResourceExhausted, message);
        return Refusal { again: Some(AGAIN), ..refusal }.answer(speech);
    };
    let Ok(response) = tokio::time::timeout(WHOLE, next.run(request)).await else {
        let message = format!("the message was not here after {WHOLE:?}");
        return Refusal::new(StatusCode::REQUEST_TIMEOUT, Code::DeadlineExceeded, message).answer(speech);
    };
    final_if_too_large(response)
}

/// OTLP lets clients send again what was out of range, which is what tonic calls a message that is too large, and always
/// will be.
fn final_if_too_large(mut response: Response) -> Response {
    if let Some(status) = response.headers_mut().get_mut("grpc-status")
        && *status == (Code::OutOfRange as i32).to_string()
    {
        *status = (Code::InvalidArgument as i32).into();
    }
    response
}

/// Refuses whoever calls this machine by a name that is not its own, as a page of the web does that has made its name mean
/// 127.0.0.1, and whoever comes from such a page.
pub(in crate::serve) fn loopback_only(request: &Request<Body>) -> Result<(), String> {
    let text = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    let host = request.uri().authority().map(http::uri::Authority::as_str).or_else(|| text(HOST));
    if !host.is_some_and(is_own) {
        return Err("only who calls this server localhost, 127.0.0.1 or [::1] is let in".to_owned());
    }
    let foreign = text(ORIGIN).filter(|origin| !origin.split_once("://").is_some_and(|(_, host)| is_own(host)));
    foreign.map_or(Ok(()), |_| Err("pages of other servers are not let in".to_owned()))
}
