//! What the disk adds to the promises of the pipeline: what ends without delivery is delivered by the next.

use std::collections::HashSet;

use super::*;
use crate::attribute;
use crate::record;
use crate::samples::context;
use opentelemetry::KeyValue;
use opentelemetry::trace::Status;
use opentelemetry_sdk::Resource;
use spawn_delivery::disk::{Disk, Fault, SimulatedDisk};

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

/// A busy disk may hold it beyond its time, and until then what it has left is its own.
fn wait_for_its_end(process: &Pipeline) {
    wait_for("the end", || process.shared().state().keeper == WorkerState::Absent);
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
    wait_for_its_end(&first);
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
    wait_for_its_end(&first);
    let script = Script::default();
    let second = process(&folder, 2, &script);
    wait_for("delivery", || script.delivered().len() == 2);
    second.shutdown(LONG);
    assert_eq!(script.delivered(), ["boot", "done"]);
    assert_eq!(second.counters(), Counters { recovered: 2, ..counters(0, 2, 0, &[]) });
}

#[test]
fn a_flush_delivers_what_others_have_left_though_nobody_has_found_it_yet() {
    let disk = SimulatedDisk::new(1);
    for life in 1..=3 {
        let killed = disk.process();
        let process = process_on(&killed, life, &away(), ROOM);
        process.accept(span("a"));
        killed.kill();
    }
    let script = Script::default();
    let last = process_on(&disk, 4, &script, ROOM);
    last.flush_blocking(LONG, Whose::Everybody);
    assert_eq!(script.delivered().len(), 3);
    assert_eq!(last.counters(), Counters { recovered: 3, ..counters(0, 3, 0, &[]) });
}

/// As [`process`], on a disk in memory.
fn process_on(disk: &SimulatedDisk, number: i64, script: &Script, capacity: usize) -> Pipeline {
    script.0.lock().unwrap().header = Some(resource(number));
    let pipeline = Pipeline::with_pace(Pace { capacity, ..pace() });
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    pipeline.shared().state().on_disk(disk);
    pipeline.keep_in(at("/spool"));
    pipeline.export_with(Arc::new(script.clone()), &|_| true);
    pipeline
}

fn at(folder: &str) -> Storage {
    Storage { folder: Some(folder.into()), size: 8 * 1024 * 1024, sync: Duration::from_millis(5) }
}

const ROOM: usize = 1024 * 1024;

#[test]
fn a_process_that_is_killed_loses_no_span_and_what_it_had_begun_is_ended_with_its_ids() {
    let disk = SimulatedDisk::new(1);
    let first = process_on(&disk, 1, &away(), ROOM);
    first.begun(numbered(1, "boot"), true);
    for id in 2..=200 {
        first.accept(SpanData { span_context: context(id), ..child("step", SpanKind::Client) });
    }
    // On a busy machine a write may take so long that the next spans wait in memory for a while.
    wait_for("disk", || first.storage().on_disk == 199);
    let before = std::time::SystemTime::now();
    disk.kill();
    let script = Script::default();
    let second = process_on(&disk.process(), 2, &script, ROOM);
    let all = Counters { recovered: 200, ..counters(0, 200, 0, &[]) };
    wait_for("delivery", || second.counters() == all);
    assert_eq!(script.delivered().len(), 200);
    let played = script.0.lock().unwrap();
    assert_eq!(played.resources.first(), Some(&resource(1)));
    let boot = played.spans.iter().find(|span| span.name == "boot").unwrap();
    assert_eq!(boot.span_context, context(1));
    assert!(matches!(&boot.status, Status::Error { description } if description == "its process ended before it did"));
    assert!(boot.attributes.contains(&KeyValue::new(attribute::ERROR_TYPE, "aborted")), "{:?}", boot.attributes);
    assert!(boot.end_time > crate::samples::at(250_000) && boot.end_time <= before, "{:?}", boot.end_time);
}

#[test]
fn the_disk_is_asked_to_keep_what_became_of_a_span_though_nothing_else_is_to_be_kept() {
    let disk = SimulatedDisk::new(1);
    let pipeline = process_on(&disk, 1, &away(), ROOM);
    pipeline.accept(span("a"));
    wait_for("disk", || !pipeline.shared().state().store.is_dirty());
    // The new configuration calls the keeper too: it is asleep again before anything is taken.
    let script = Script::of(std::iter::repeat_n(Act::Answer(Outcome::failed(trouble(false))), 5));
    script.0.lock().unwrap().header = Some(resource(1));
    pipeline.export_with(Arc::new(script), &|_| true);
    wait_for("delivery", || pipeline.counters().exported == 1);
    let taken = Instant::now();
    wait_for("disk", || !pipeline.shared().state().store.is_dirty());
    // Of itself the keeper wakes every half minute.
    assert!(taken.elapsed() < Duration::from_secs(15), "{:?}", taken.elapsed());
    disk.lose_power();
    let script = Script::default();
    let next = process_on(&disk.process(), 2, &script, ROOM);
    assert_eq!(next.flush_blocking(LONG, Whose::Everybody), Flushed::default());
    assert_eq!(script.delivered(), Vec::<String>::new());
}

#[test]
fn another_exporter_delivers_what_waits_in_memory_and_on_disk_once_each() {
    let disk = SimulatedDisk::new(1);
    // Room in memory for a few of them only.
    let capacity = size::in_bytes(&span("a")) * 20;
    let pipeline = process_on(&disk, 1, &away(), capacity);
    for id in 1..=500 {
        pipeline.accept(numbered(id, "a"));
    }
    assert_eq!(pipeline.counters(), counters(500, 0, 500, &[]));
    let other = Script::default();
    pipeline.export_with(Arc::new(other.clone()), &|_| true);
    assert_eq!(pipeline.shutdown(LONG).left, 0);
    let ids: HashSet<_> = other.0.lock().unwrap().spans.iter().map(|span| span.span_context.span_id()).collect();
    assert_eq!(ids.len(), 500);
    assert_eq!(pipeline.counters(), counters(500, 500, 0, &[]));
}

#[test]
fn a_thousand_configurations_under_load_lose_nothing_wherever_spans_are_kept() {
    let disk = SimulatedDisk::new(1);
    let script = Script::default();
    // Some of the time spans are in memory alone, and none is to make room for another.
    let pipeline = process_on(&disk, 1, &script, Pace::default().capacity);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..5_000).for_each(|_| pipeline.accept(child("a", SpanKind::Client))));
        }
        scope.spawn(|| {
            for number in 0..1_000_i64 {
                script.0.lock().unwrap().header = (number % 5 != 4).then(|| resource(number % 3));
                pipeline.keep_in(at(["/spool", "/other"][usize::from(number % 7 > 3)]));
                pipeline.export_with(Arc::new(script.clone()), &|_| true);
                let now = pipeline.counters();
                assert!(is_conserved(&now), "{now:?}");
            }
        });
    });
    assert_eq!(pipeline.shutdown(LONG).left, 0);
    assert_eq!(pipeline.counters(), counters(10_000, 10_000, 0, &[]));
    assert_eq!(script.delivered().len(), 10_000);
}

#[test]
fn a_disk_that_refuses_is_told_and_gets_what_waited_in_memory_when_it_is_well() {
    let disk = SimulatedDisk::new(1);
    disk.fail(Fault::error(28));
    let pipeline = process_on(&disk, 1, &away(), ROOM);
    for id in 1..=50 {
        pipeline.accept(numbered(id, "a"));
    }
    assert_eq!(pipeline.counters(), counters(50, 0, 50, &[]));
    let problem = pipeline.health().storage.unwrap();
    assert!(problem.what.starts_with("the spool in /spool has no room on its disk"), "{problem:?}");
    assert_eq!(problem.remedy, "make room, or set tracing-spool-folder to another disk");
    assert_eq!((pipeline.storage().in_memory, pipeline.storage().on_disk), (50, 0));
    disk.mend();
    wait_for("disk", || pipeline.storage().on_disk == 50);
    assert_eq!(pipeline.health().storage, None);
    disk.kill();
    let script = Script::default();
    let next = process_on(&disk.process(), 2, &script, ROOM);
    let all = Counters { recovered: 50, ..counters(0, 50, 0, &[]) };
    wait_for("delivery", || next.counters() == all);
    assert_eq!(script.delivered().len(), 50);
}

#[test]
fn without_a_disk_memory_is_bounded_and_every_loss_is_counted() {
    let disk = SimulatedDisk::new(1);
    let capacity = 64 * 1024;
    let pipeline = process_on(&disk, 1, &away(), capacity);
    for id in 1..=10_000 {
        if id == 100 {
            disk.fail(Fault::error(5));
        }
        pipeline.accept(numbered(id, "a"));
        let now = pipeline.counters();
        assert!(is_conserved(&now) && pipeline.shared().state().store.used() <= capacity, "{now:?}");
    }
    assert!(pipeline.counters().dropped_for(DropReason::QueueFull) > 9_000);
    disk.mend();
    let script = Script::default();
    pipeline.export_with(Arc::new(script.clone()), &|_| true);
    // Before that, a last refusal of the former exporter may end a flush.
    wait_for("delivery", || !script.delivered().is_empty());
    pipeline.shutdown(LONG);
    let after = pipeline.counters();
    assert!(is_conserved(&after) && after.queued == 0, "{after:?}");
}

#[test]
fn what_has_to_make_room_on_disk_is_counted() {
    let disk = SimulatedDisk::new(1);
    let pipeline = process_on(&disk, 1, &away(), ROOM);
    pipeline.keep_in(Storage { size: 1024 * 1024, ..at("/small") });
    pipeline.export_with(Arc::new(away()), &|_| true);
    for _ in 0..20_000 {
        pipeline.accept(child("a", SpanKind::Client));
    }
    let now = pipeline.counters();
    assert!(is_conserved(&now) && now.dropped_for(DropReason::QueueFull) > 5_000, "{now:?}");
    let script = Script::default();
    pipeline.export_with(Arc::new(script.clone()), &|_| true);
    // Before that, a last refusal of the former exporter may end a flush.
    wait_for("delivery", || !script.delivered().is_empty());
    assert_eq!(pipeline.shutdown(LONG).left, 0);
    let after = pipeline.counters();
    assert_eq!(after.exported, script.delivered().len() as u64);
    assert!(is_conserved(&after), "{after:?}");
}
