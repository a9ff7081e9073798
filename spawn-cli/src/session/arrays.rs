//! The span of a job array: planned and announced by its launch, recorded by whoever ends the array.

use super::Session;
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;
use spawn_cloud::arrays::{ArrayRecord, Counts, Millis};
use spawn_telemetry::{PlannedSpan, SpanRecord, attribute, propagation};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

impl Session {
    /// Says that an array is under way, whose span whoever ends it will record: it shows from the start, and if all of its
    /// hosts vanish.
    pub(crate) fn announce_array(&self, array: &ArrayRecord) {
        let Some(span) = array_span(array) else { return };
        let (name, started) = (format!("array {}", array.id.name()), time(array.created_at));
        self.telemetry.announce_now(&span, name, SpanKind::Internal, started, array_attributes(array));
    }

    /// Records the span of an array that this command has ended, which its launch has planned.
    pub(crate) fn record_array(&self, array: &ArrayRecord, counts: Counts, ended_at: Millis) {
        let Some(span) = array_span(array) else { return };
        let mut attributes = array_attributes(array);
        attributes.extend([
            KeyValue::new("spawn.job_array.succeeded", i64::from(counts.succeeded)),
            KeyValue::new("spawn.job_array.failed", i64::from(counts.failed)),
            KeyValue::new("spawn.job_array.cancelled", i64::from(counts.cancelled)),
        ]);
        let record = SpanRecord {
            name: format!("array {}", array.id.name()).into(),
            kind: SpanKind::Internal,
            started: time(array.created_at),
            ended: time(ended_at),
            attributes,
            links: Vec::new(),
            error: (counts.failed > 0).then(|| format!("{} of {} tasks failed", counts.failed, array.size)),
        };
        self.telemetry.record(span, record);
    }
}

/// The span of an array, as its launch has planned it; `None` where it was not traced.
fn array_span(array: &ArrayRecord) -> Option<PlannedSpan> {
    let read = |text: &Option<String>, state: Option<&str>| {
        text.as_deref().and_then(|text| propagation::remote_context(text, state).ok())
    };
    let own = read(&array.traceparent, array.tracestate.as_deref())?;
    let launch = read(&array.launch_traceparent, None);
    Some(PlannedSpan::carried(&own, launch.as_ref()))
}

fn array_attributes(array: &ArrayRecord) -> Vec<KeyValue> {
    vec![
        KeyValue::new(attribute::SPAWN_JOB_ARRAY_ID, array.id.to_string()),
        KeyValue::new(attribute::SPAWN_JOB_ARRAY_NAME, array.id.name().to_owned()),
        KeyValue::new("spawn.job_array.size", i64::from(array.size)),
    ]
}

fn time(millis: Millis) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).unwrap_or_default())
}
