//! What the disk adds to the promises of the pipeline: what ends without delivery is delivered by the next.

use super::*;
use crate::record;
use crate::samples::context;
use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;

fn storage(folder: &tempfile::TempDir) -> Storage {
    Storage { folder: Some(folder.path().join("spool")), size: 4 * 1024 * 1024, sync: Duration::from_millis(5) }
}

fn resource(process: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let resource = Resource::builder_empty().with_attribute(KeyValue::new("process.pid", process)).build();
    record::write_resource(&resource, &mut bytes);
    bytes
}

/// A process that keeps its spans in this folder.
fn process(folder: &tempfile::TempDir, number: i64, script: &Script) -> Pipeline {
    script.0.lock().unwrap().header = Some(resource(number));
    let pipeline = Pipeline::with_pace(pace());
    pipeline.keep_in(storage(folder));
    pipeline.export_with(Arc::new(script.clone()), &|_| true);
    pipeline
}

fn away() -> Script {
    Script::of(std::iter::repeat_n(Act::Answer(Outcome::failed(trouble(true))), 100_000))
}

fn numbered(id: u64, name: &'static str) -> SpanData {
    SpanData { span_context: context(id), ..span(name) }
}

#[test]
fn what_is_not_delivered_when_a_process_ends_is_delivered_by_the_next_under_its_own_resource() {
    let folder = tempfile::tempdir().unwrap();
    let first = process(&folder, 1, &away());
    first.accept(span("a"));
    first.accept(child("b", SpanKind::Client));
    assert_eq!(first.shutdown(Duration::from_millis(300)), Flushed { delivered: 0, left: 2 });
    assert_eq!(first.counters(), counters(2, 0, 2, &[]));
    let script = Script::default();
    let second = process(&folder, 2, &script);
    second.accept(span("c"));
    wait_for("delivery", || script.delivered().len() == 3);
    assert_eq!(second.shutdown(LONG).left, 0);
    let after = second.counters();
    assert_eq!(after, Counters { recovered: 2, ..counters(1, 3, 0, &[]) });
    let mut names = script.delivered();
    names.sort();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(script.0.lock().unwrap().resources, [resource(1)]);
    // Nothing is left for a third.
    let third = process(&folder, 3, &Script::default());
    assert_eq!(third.flush_blocking(LONG, Whose::All), Flushed::default());
    drop(third);
}

#[test]
fn what_was_open_when_a_process_ended_is_closed_by_the_next_as_aborted() {
    let folder = tempfile::tempdir().unwrap();
    let first = process(&folder, 1, &away());
    first.begun(numbered(1, "boot"), true);
    first.begun(numbered(2, "done"), true);
    first.begun(numbered(3, "task of whoever reclaims it"), false);
    first.accept(numbered(2, "done"));
    first.shutdown(Duration::from_millis(300));
    let script = Script::default();
    let second = process(&folder, 2, &script);
    wait_for("delivery", || script.delivered().len() == 2);
    second.shutdown(LONG);
    assert_eq!(script.delivered(), ["boot", "done"]);
    assert_eq!(second.counters(), Counters { recovered: 2, ..counters(0, 2, 0, &[]) });
}
