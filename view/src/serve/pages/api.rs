//! What the pages ask for, and programs too: JSON of the traces that are kept.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use opentelemetry::trace::TraceId;
use serde::Serialize;

use super::Shown;
use super::find::{self, Found, MOST_SPANS, find};
use super::question::Question;
use crate::page::data::{NoteData, SummaryData, array_data, map_data, summary_data, trace_data};
use crate::serve::live::Live;
use crate::serve::status::StatusData;
use crate::serve::store::Snapshot;
use crate::{Trace, arrays as arrays_of, service_map};

/// Spans that a map or the arrays of many traces are made of.
const MOST_TOGETHER: usize = 200_000;

/// A list of traces.
#[derive(Debug, Serialize)]
struct TracesData {
    traces: Vec<SummaryData>,
    more: bool,
}

/// The traces that a search finds, without their spans.
pub(super) async fn traces(State(shown): State<Shown>, RawQuery(asked): RawQuery) -> Response {
    search(shown, asked, |live, question| {
        let Found { traces, more } = find(live, question);
        TracesData { traces: traces.iter().map(summary_data).collect(), more }
    })
    .await
}

/// A trace with all its spans.
pub(super) async fn trace(State(shown): State<Shown>, Path(id): Path<String>) -> Response {
    let id = match crate::trace_id(&id) {
        Ok(id) => id,
        Err(error) => return (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
    };
    let Some(snapshot) = shown.live.store().trace(id) else {
        let why = "there is no such trace: nothing of it has come, or it has made room for newer ones\n";
        return (StatusCode::NOT_FOUND, why).into_response();
    };
    aside(move || drawn(&snapshot)).await
}

/// The services of the traces that a search finds.
pub(super) async fn map(State(shown): State<Shown>, RawQuery(asked): RawQuery) -> Response {
    search(shown, asked, |live, question| map_data(&service_map(&together(live, question, |_| true)))).await
}

/// The job arrays in the traces that a search finds.
pub(super) async fn arrays(State(shown): State<Shown>, RawQuery(asked): RawQuery) -> Response {
    search(shown, asked, |live, question| {
        let traces = together(live, question, |snapshot| !snapshot.head.arrays.is_empty());
        arrays_of(&traces).iter().map(|array| array_data(array, &traces)).collect::<Vec<_>>()
    })
    .await
}

/// How it stands with the server.
pub(super) async fn status(State(shown): State<Shown>) -> Json<StatusData> {
    Json(shown.facts.status(&shown.live))
}

async fn search<T: Serialize>(
    shown: Shown,
    asked: Option<String>,
    answer: impl FnOnce(&Live, &Question) -> T + Send + 'static,
) -> Response {
    match Question::read(asked.as_deref()) {
        Ok(question) => aside(move || Some(answer(&shown.live, &question))).await,
        Err(why) => (StatusCode::BAD_REQUEST, why + "\n").into_response(),
    }
}

/// Works away from the thread that answers the others, and answers with JSON.
async fn aside<T: Serialize>(work: impl FnOnce() -> Option<T> + Send + 'static) -> Response {
    let written = tokio::task::spawn_blocking(move || work().map(|data| serde_json::to_vec(&data)));
    match written.await {
        Ok(Some(Ok(json))) => ([(http::header::CONTENT_TYPE, "application/json")], json).into_response(),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "this could not be drawn\n").into_response(),
    }
}

fn drawn(snapshot: &Snapshot) -> Option<impl Serialize + use<>> {
    let mut data = trace_data(&find::trace(snapshot)?);
    let mut note = |text| data.notes.push(NoteData { span: None, text });
    if snapshot.len() > MOST_SPANS {
        note(format!("only the {MOST_SPANS} spans that came first are shown, of {}", snapshot.len()));
    }
    if snapshot.head.part {
        note("earlier spans of this trace have made room for newer ones: more are kept with --keep-spans".to_owned());
    }
    Some(data)
}

/// The traces that a search finds and that `wanted` wants, the newest first, as many as are looked into together.
fn together(live: &Live, question: &Question, wanted: impl Fn(&Snapshot) -> bool) -> Vec<Trace> {
    let ids: Vec<TraceId> = find(live, question).traces.into_iter().map(|found| found.id).collect();
    let (mut spans, mut traces) = (0, Vec::new());
    for id in ids {
        let Some(snapshot) = live.store().trace(id).filter(&wanted) else { continue };
        spans += snapshot.len();
        if spans > MOST_TOGETHER && !traces.is_empty() {
            break;
        }
        traces.extend(find::trace(&snapshot));
    }
    traces
}
