//! The end of an array, seen to by one of its agents: the hook, the array's own span, the queue. Another agent takes it
//! on if this one dies over it; the span is the same then, because its id was settled at the launch.

use super::crew::{Crew, carried};
use super::look::Seen;
use super::spans::at;
use super::{acknowledge, confirmed};
use opentelemetry::context::FutureExt;
use opentelemetry::trace::SpanKind;
use opentelemetry::{Context, KeyValue};
use spawn_cloud::Result;
use spawn_cloud::arrays::{ArrayRecord, Counts, Ended, HookOutcome, Millis, invoke_hook};
use spawn_telemetry::{PlannedSpan, SpanRecord, attribute};
use std::convert::Infallible;

/// Sees to the end, unless another agent does.
pub(super) async fn finish(crew: &Crew, array: ArrayRecord) -> Result<Seen> {
    let untraced = Context::new().with_telemetry_suppressed();
    let claim = crew.store.claim_end(&array.id, &crew.owner, crew.now(), crew.options.lease);
    let Some(Ended { array, counts }) = claim.with_context(untraced.clone()).await? else {
        return Ok(Seen::AllEnded(Box::new(array)));
    };
    let ended_at = crew.now();
    acknowledge::settle(crew).await;
    let end = crew.telemetry.in_span("array end", Vec::new(), end(crew, &array, counts, ended_at));
    tokio::select! {
        ended = end.with_context(crew.context.clone()) => ended?,
        never = keep(crew, &array).with_context(untraced) => match never {},
    }
    Ok(Seen::Over)
}

async fn end(crew: &Crew, array: &ArrayRecord, counts: Counts, ended_at: Millis) -> Result<()> {
    tracing::info!(
        array = array.id.as_str(),
        succeeded = counts.succeeded,
        failed = counts.failed,
        cancelled = counts.cancelled,
        "every task of the job array has ended"
    );
    let problem = match &array.hook {
        Some(hook) => call(crew, array, hook, counts).await,
        None => None,
    };
    record(crew, array, counts, ended_at);
    let untraced = Context::new().with_telemetry_suppressed();
    confirmed::all(crew, counts).with_context(untraced).await;
    if let Err(error) = crew.queue.delete().await {
        tracing::warn!(%error, queue = crew.queue.url(), "the array's queue is not removed; it is empty, and costs nothing");
    }
    crew.store.finish(&array.id, &crew.owner, ended_at, problem.as_deref()).await?;
    Ok(())
}

/// Invokes the hook; answers why it failed, if it did.
async fn call(crew: &Crew, array: &ArrayRecord, hook: &str, counts: Counts) -> Option<String> {
    let problem = match invoke_hook(crew.clients.lambda(), array, hook, counts).await {
        Ok(HookOutcome::Returned) => None,
        Ok(HookOutcome::Raised(error)) => Some(error),
        Err(error) => Some(error.to_string()),
    };
    match &problem {
        None => tracing::info!(array = array.id.as_str(), hook, "the hook has returned"),
        Some(problem) => tracing::warn!(array = array.id.as_str(), hook, problem, "the hook has failed"),
    }
    problem
}

/// Keeps the end while the hook takes its time.
async fn keep(crew: &Crew, array: &ArrayRecord) -> Infallible {
    let interval = crew.options.lease / 3;
    loop {
        tokio::time::sleep(interval).await;
        if let Err(error) = crew.store.renew_end(&array.id, &crew.owner, crew.now(), crew.options.lease).await {
            tracing::debug!(%error, "the end of the array is not renewed");
        }
    }
}

/// The array's own span, planned at its launch: from there to the end of the last task.
fn record(crew: &Crew, array: &ArrayRecord, counts: Counts, ended_at: Millis) {
    let Some(own) = carried(array.traceparent.as_deref(), array.tracestate.as_deref()) else { return };
    let parent = carried(array.launch_traceparent.as_deref(), None);
    let attributes = vec![
        KeyValue::new(attribute::SPAWN_JOB_ARRAY_ID, array.id.as_str().to_owned()),
        KeyValue::new(attribute::SPAWN_JOB_ARRAY_NAME, array.id.name().to_owned()),
        KeyValue::new("spawn.job_array.size", i64::from(array.size)),
        KeyValue::new("spawn.job_array.succeeded", i64::from(counts.succeeded)),
        KeyValue::new("spawn.job_array.failed", i64::from(counts.failed)),
        KeyValue::new("spawn.job_array.cancelled", i64::from(counts.cancelled)),
    ];
    let failed = counts.failed;
    let record = SpanRecord {
        name: format!("array {}", array.id.name()).into(),
        kind: SpanKind::Internal,
        started: at(array.created_at),
        ended: at(ended_at),
        attributes,
        links: Vec::new(),
        error: (failed > 0).then(|| format!("{failed} of {} tasks failed", array.size)),
    };
    crew.telemetry.record(PlannedSpan::carried(&own, parent.as_ref()), record);
}
