//! Traces whose texts are hostile, or have no end.

use std::sync::Arc;

use opentelemetry::trace::{SpanId, TraceId};
use spawn_view::{Event, Link, Origin, SpanKind, Trace};

use super::pen::{Pen, START, origin, pair};

/// Texts that would act if they were markup, script, a control or a direction.
const HOSTILE: &str = "</script><script>window.hurt=1</script><img src=x onerror=window.hurt=1>\u{202e}\u{0}\u{1b}[31m\u{200b}{{data}}\"'`${window.hurt=1}";

/// A trace in which every text is hostile.
pub(crate) fn hostile() -> Vec<Trace> {
    let mut pen = Pen::new(4);
    let mut of = Origin::clone(&origin(HOSTILE, HOSTILE));
    of.resource.attributes.push(pair(HOSTILE, HOSTILE));
    of.scope.name = HOSTILE.to_owned();
    let of = Arc::new(of);
    let root = pen.span(&of, None, HOSTILE, SpanKind::Server, 0, 100);
    pen.says(root, HOSTILE, HOSTILE)
        .says(root, "__proto__", HOSTILE)
        .says(root, "constructor", "x")
        .fails(root, HOSTILE);
    pen.says(root, "spawn.job_array_id", HOSTILE).says(root, "spawn.job_array.name", HOSTILE);
    let span = pen.of(root);
    span.trace_state = HOSTILE.to_owned();
    span.events.push(Event {
        time: START,
        name: HOSTILE.to_owned(),
        attributes: vec![pair(HOSTILE, HOSTILE)],
        dropped: 1,
    });
    span.links.push(Link {
        trace_id: TraceId::from(7),
        span_id: SpanId::from(7),
        trace_state: HOSTILE.to_owned(),
        attributes: vec![pair(HOSTILE, HOSTILE)],
        dropped: 0,
        flags: 0,
    });
    let call = pen.span(&of, Some(root), "call", SpanKind::Client, 10, 50);
    pen.says(call, "server.address", HOSTILE);
    let task = pen.span(&of, Some(root), &format!("task {HOSTILE}"), SpanKind::Internal, 20, 30);
    pen.says(task, "spawn.job_array_id", HOSTILE).says(task, "spawn.job_array_index", 0_i64);
    pen.says(task, "spawn.task.outcome", HOSTILE).fails(task, HOSTILE);
    let long = pen.span(&of, Some(root), &"long ".repeat(20_000), SpanKind::Internal, 60, 1);
    pen.says(long, "long", "x".repeat(100_000));
    Trace::gather(pen.done())
}

/// A task without phases in which every text has five thousand letters and hardly a place to break it.
pub(crate) fn endless() -> Vec<Trace> {
    let long = format!("{} {}", "endless".repeat(700), "x".repeat(100));
    let mut pen = Pen::new(8);
    let of = origin(&long, &long);
    let root = pen.span(&of, None, &long, SpanKind::Internal, 0, 100);
    pen.says(root, "spawn.job_array_id", long.as_str()).says(root, "spawn.job_array.name", long.as_str());
    pen.says(root, &long, long.as_str()).fails(root, &long);
    let task = pen.span(&of, Some(root), "task endless[0]", SpanKind::Internal, 10, 50);
    pen.says(task, "spawn.job_array_id", long.as_str()).says(task, "spawn.job_array_index", 0_i64);
    pen.says(task, "spawn.task.outcome", long.as_str()).fails(task, &long);
    Trace::gather(pen.done())
}
