//! What the control socket answers, path by path.

use super::access::{self, Peer};
use super::answer::{Answer, Refusal, body, no_such_method, no_such_path};
use crate::agent::{self, Completion, Kept, Report, Shared};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use opentelemetry::context::FutureExt;
use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use serde::Deserialize;
use serde_json::{Value, json};
use spawn_config::{Explanation, Resolved};
use spawn_telemetry::{Choice, propagation};
use std::time::Duration;

/// Largest body: a value of a setting, and room.
pub(super) const MOST_BODY: usize = 16 * 1024;
/// Time that a flush gets unless it is told another.
const FLUSH: Duration = Duration::from_secs(10);
/// Longest flush: whoever asks holds a connection for as long.
pub(crate) const LONGEST_FLUSH: Duration = Duration::from_secs(60);

/// The routes for one connection.
pub(super) fn routes(agent: Shared, peer: Peer) -> Router {
    Router::new()
        .route("/status", get(status))
        .route("/metrics", get(crate::metrics::metrics))
        .route("/reload", post(reload))
        .route("/flush", post(flush))
        .route("/complete", post(complete))
        .route("/why/{id}", get(why))
        .route("/dead-letters/retry", post(retry))
        .route("/config", get(list))
        .route("/config/{key}", get(explain).put(set).delete(unset))
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(middleware::from_fn(move |request, next| access::guard(peer, request, next)))
        .layer(DefaultBodyLimit::max(MOST_BODY))
        .with_state(agent)
}

async fn status(State(agent): State<Shared>) -> Json<Report> {
    Json(agent.report())
}

async fn why(State(agent): State<Shared>, Path(id): Path<String>) -> Answer {
    let message = "this is no trace id and no request id: 32 hexadecimal digits, 1-…-…, or what AWS calls a request id";
    let why = agent.telemetry().why(&id).ok_or_else(|| Refusal::new(StatusCode::BAD_REQUEST, message))?;
    let Some(letters) = agent.booted().map(|booted| booted.live.now().letters.clone()) else {
        return Ok(Json(json!(why)));
    };
    // The folder is on a disk, which may be slow; what it does not tell is left out.
    let found = tokio::task::spawn_blocking(move || letters.read()).await;
    let letters = found.ok().and_then(Result::ok).unwrap_or_default().letters;
    Ok(Json(json!(why.with_letters(&letters))))
}

async fn list(State(agent): State<Shared>) -> Answer {
    Ok(Json(rows(&agent.booted().ok_or_else(Refusal::starting)?.live.now().resolved)))
}

/// Every setting, as `spored config list` prints it.
pub(crate) fn rows(resolved: &Resolved) -> Value {
    let rows = resolved.list().into_iter();
    rows.map(|(name, value, source)| json!({ "name": name, "value": value, "source": source.to_string() })).collect()
}

async fn explain(State(agent): State<Shared>, Path(key): Path<String>) -> Answer {
    let in_force = agent.booted().ok_or_else(Refusal::starting)?.live.now();
    Ok(Json(explanation(&in_force.resolved.explain(&key)?)))
}

/// A setting with its history, as `spored config explain` prints it.
pub(crate) fn explanation(of: &Explanation) -> Value {
    let Explanation { key, value, source, overrode, notes } = of;
    let overrode: Vec<_> =
        overrode.iter().map(|(source, value)| json!({ "value": value, "source": source.to_string() })).collect();
    json!({
        "name": key.name, "value": value, "source": source.to_string(), "overrode": overrode, "notes": notes,
        "sentence": key.sentence,
    })
}

async fn reload(State(agent): State<Shared>, headers: HeaderMap) -> Answer {
    let work = async {
        let booted = agent.booted().ok_or_else(Refusal::starting)?;
        let change = agent::reload(&booted.live).await.map_err(|error| Refusal::settings(&error))?;
        Ok(Json(json!(change)))
    };
    in_span(&agent, &headers, "control reload", Vec::new(), work).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FlushOrder {
    within_ms: Option<u64>,
}

/// Changes nothing and makes no span: one of its own would be the one that is left.
async fn flush(State(agent): State<Shared>, bytes: Result<Bytes, BytesRejection>) -> Answer {
    let FlushOrder { within_ms } = body(bytes)?;
    // Until the settings are known, nobody knows where spans go.
    agent.booted().ok_or_else(Refusal::starting)?;
    let within = within_ms.map_or(FLUSH, Duration::from_millis);
    let flushed = agent.telemetry().flush_everything(within.min(LONGEST_FLUSH)).await;
    let problem = agent.telemetry().health().problem;
    Ok(Json(json!({ "delivered": flushed.delivered, "left": flushed.left, "problem": problem })))
}

/// Makes no span, for the same reason.
async fn retry(State(agent): State<Shared>, bytes: Result<Bytes, BytesRejection>) -> Answer {
    let choice: Choice = body(bytes)?;
    let in_force = agent.booted().ok_or_else(Refusal::starting)?.live.now();
    if !choice.is_nothing() && !in_force.exports() {
        let message = "nothing is exported: switch tracing on, with an exporter, and try again";
        return Err(Refusal::new(StatusCode::CONFLICT, message));
    }
    let (letters, telemetry) = (in_force.letters.clone(), agent.telemetry().clone());
    // The folder is on a disk, which may be slow.
    let retried = tokio::task::spawn_blocking(move || telemetry.retry(&letters, &choice)).await;
    let broken = |error: &dyn std::error::Error| {
        let source = error.source().map(|source| format!(": {source}")).unwrap_or_default();
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}{source}"))
    };
    let retried = retried.map_err(|error| broken(&error))?.map_err(|error| broken(&error))?;
    Ok(Json(json!({ "retried": retried })))
}

async fn complete(State(agent): State<Shared>, headers: HeaderMap, bytes: Result<Bytes, BytesRejection>) -> Answer {
    let completion: Completion = body(bytes)?;
    let attributes = vec![KeyValue::new("spawn.completion.status", completion.status.as_str())];
    let work = async {
        match agent.complete(completion) {
            true => Ok(Json(json!({ "taken": true }))),
            false => {
                Err(Refusal::new(StatusCode::CONFLICT, "the work was declared to be done before, and that stands"))
            }
        }
    };
    in_span(&agent, &headers, "control complete", attributes, work).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewValue {
    value: String,
}

async fn set(
    State(agent): State<Shared>,
    Path(key): Path<String>,
    headers: HeaderMap,
    bytes: Result<Bytes, BytesRejection>,
) -> Answer {
    let NewValue { value } = body(bytes)?;
    over(&agent, &headers, "control config set", &key, Some(&value)).await
}

async fn unset(State(agent): State<Shared>, Path(key): Path<String>, headers: HeaderMap) -> Answer {
    over(&agent, &headers, "control config unset", &key, None).await
}

async fn over(agent: &Shared, headers: &HeaderMap, name: &'static str, key: &str, value: Option<&str>) -> Answer {
    // A name that is no key may be anything; values may be secret.
    let known = spawn_config::Key::named(key).map(|key| KeyValue::new("spawn.settings.key", key.name));
    let work = async {
        let booted = agent.booted().ok_or_else(Refusal::starting)?;
        let kept = booted.live.set_override(key, value).await.map_err(|error| Refusal::settings(&error))?;
        let Kept { change, problem } = kept;
        let mut answer = json!(change);
        answer["problem"] = json!(problem);
        Ok(Json(answer))
    };
    in_span(agent, headers, name, known.into_iter().collect(), work).await
}

/// Does the work in a span that continues the trace of whoever asks.
async fn in_span(
    agent: &Shared,
    headers: &HeaderMap,
    name: &'static str,
    attributes: Vec<KeyValue>,
    work: impl Future<Output = Answer>,
) -> Answer {
    let parent = asked_from(headers).unwrap_or_default();
    let context = agent.telemetry().start_span(name, SpanKind::Server, &parent, attributes, None);
    let answer = work.with_context(context.clone()).await;
    if let Err(refusal) = &answer {
        agent.telemetry().mark_failed(&context, &refusal.message);
    }
    context.span().end();
    answer
}

fn asked_from(headers: &HeaderMap) -> Option<Context> {
    propagation::from_headers(headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))))
}
