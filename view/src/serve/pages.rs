//! The pages and what they ask for.

mod api;
mod events;
mod find;
mod question;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use tokio::sync::watch;

use super::live::Live;
use super::receive::loopback_only;
use super::status::Facts;
use crate::page::{ConsoleLinks, Page, Source, shell};

/// What a request works with.
#[derive(Clone)]
struct Shown {
    live: Arc<Live>,
    facts: Arc<Facts>,
    page: Arc<Page>,
    stop: watch::Receiver<bool>,
}

/// What every answer says: nobody else may frame it, keep it, embed it, or take it for something that it is not.
pub(super) const SAFE: &[(&str, &str)] = &[
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

/// The routes of the pages.
pub(super) fn router(
    live: Arc<Live>,
    facts: Arc<Facts>,
    console: &ConsoleLinks,
    stop: watch::Receiver<bool>,
) -> Router {
    let page = Arc::new(shell(Source::Live, "Traces", console));
    Router::new()
        .route("/", get(page_of_all))
        .route("/trace/{id}", get(page_of_all))
        .route("/api/traces", get(api::traces))
        .route("/api/traces/{id}", get(api::trace))
        .route("/api/map", get(api::map))
        .route("/api/arrays", get(api::arrays))
        .route("/api/status", get(api::status))
        .route("/api/events", get(events::events))
        .fallback(nothing)
        .layer(from_fn(safe))
        .with_state(Shown { live, facts, page, stop })
}

/// The page, which asks for what its address names.
async fn page_of_all(State(shown): State<Shown>) -> Response {
    let policy = format!("{}; frame-ancestors 'none'", shown.page.policy);
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    (headers, shown.page.html.clone()).into_response()
}

async fn nothing() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "there is nothing here: the list of traces is at /\n")
}

/// Lets in whoever is on this machine, and says what browsers may do with the answer.
async fn safe(request: Request<Body>, next: Next) -> Response {
    let mut response = match loopback_only(&request) {
        Ok(()) => next.run(request).await,
        Err(why) => (StatusCode::FORBIDDEN, why + "\n").into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in SAFE {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(nothing);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
