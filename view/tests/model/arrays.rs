//! Job arrays, in both topologies.

use opentelemetry::trace::SpanId;
use spawn_view::{ArrayView, HostRow, Span, Trace, arrays};

use super::samples::*;

#[test]
fn the_host_with_the_most_failures_and_stragglers_is_first() {
    let on = |mut spans: Vec<Span>, host: &str| {
        let other = pair("spawn.instance_id", host);
        spans[0].attributes.retain(|pair| pair.key != "spawn.instance_id");
        spans[0].attributes.push(other);
        spans
    };
    let mut spans: Vec<Span> =
        (0..8).flat_map(|index| attempt(100 + 10 * index as u64, 0, index, 1, 0, 10, "succeeded")).collect();
    // The first attempt takes long and is lost, the second is done elsewhere.
    spans.extend(on(attempt(20, 0, 8, 1, 0, 500, "lost"), "i-0bad"));
    spans.extend(attempt(30, 0, 8, 2, 500, 510, "succeeded"));
    spans.extend(on(attempt(40, 0, 9, 1, 0, 10, "failed"), "i-0bad"));
    for span in spans.iter_mut().filter(|span| [20_u64, 40].map(SpanId::from).contains(&span.span_id)) {
        *span = span.clone().failed("no");
    }
    let row = |instance: &str, attempts, failed, stragglers| HostRow {
        instance: instance.to_owned(),
        attempts,
        failed,
        stragglers,
    };
    assert_eq!(arrays(&Trace::gather(spans))[0].hosts, [row("i-0bad", 2, 2, 1), row("i-0abc", 9, 0, 0)]);
}

fn of_array(span: Span, index: i64, number: i64, outcome: &str) -> Span {
    let span = span.said("spawn.job_array_id", "align-00000001").said("spawn.job_array_index", index);
    let span = span.said("task_id", &*format!("align-00000001/{index}")).said("spawn.task.attempt", number);
    if outcome.is_empty() { span } else { span.said("spawn.task.outcome", outcome) }
}

/// An attempt with its phases, and the next free id.
fn attempt(id: u64, parent: u64, index: i64, number: i64, from: u64, to: u64, outcome: &str) -> Vec<Span> {
    let name = format!("task align[{index}]");
    let task =
        of_array(span(id, parent, &name, from, to), index, number, outcome).said("spawn.job_array.name", "align");
    let phase = |number: u64, name: &str, from: u64, to: u64| {
        span(id + number, id, name, from, to)
            .said("spawn.job_array_id", "align-00000001")
            .said("spawn.job_array_index", index)
    };
    vec![task.said("spawn.instance_id", "i-0abc"), phase(1, "claim", from, from + 1), phase(2, "run", from + 1, to)]
}

/// Index, outcome, total, phases, whether a straggler, why it failed, number of attempts.
type Told<'a> = (u32, &'a str, u64, Vec<Option<u64>>, bool, Option<&'a str>, usize);

fn told(view: &ArrayView) -> Vec<Told<'_>> {
    let ms = |time: &u64| time / MS;
    let row = |task: &'_ spawn_view::TaskRow| {
        let phases = task.phases.iter().map(|time| time.as_ref().map(ms)).collect();
        (task.index, ms(&task.total), phases, task.straggler, task.attempts.len())
    };
    let rows = view.tasks.iter().map(|task| {
        let (index, total, phases, straggler, attempts) = row(task);
        (index, task.outcome.as_str(), total, phases, straggler, task.cause.as_deref(), attempts)
    });
    rows.collect()
}

#[test]
fn tasks_come_by_phase_failures_first_then_stragglers_and_attempts_add_up() {
    let mut spans = vec![
        span(1, 0, "array align", 0, 1000)
            .said("spawn.job_array_id", "align-00000001")
            .said("spawn.job_array.name", "align")
            .said("spawn.job_array.size", 6),
    ];
    spans.extend(attempt(10, 1, 0, 1, 0, 10, "succeeded"));
    spans.extend(attempt(20, 1, 1, 1, 0, 11, "succeeded"));
    spans.extend(attempt(30, 1, 2, 1, 0, 90, "succeeded"));
    spans.extend(attempt(40, 1, 3, 2, 20, 30, "failed"));
    spans.extend(attempt(50, 1, 3, 1, 0, 9, "retried"));
    spans.extend(attempt(60, 1, 4, 1, 0, 0, "").into_iter().take(1).map(With::open));
    let at = spans.iter().position(|span| span.span_id == 40_u64.into()).unwrap();
    spans[at] = spans[at].clone().failed("exit code 3");
    // Neither a claim that was refused nor what came of a host that was late is an attempt or a phase of one.
    spans.push(of_array(span(70, 1, "claim align[4]", 0, 1), 4, 1, "refused"));
    spans.push(of_array(span(71, 10, "superseded align[0]", 50, 60), 0, 1, "superseded"));
    let traces = Trace::gather(spans);
    let [view] = &arrays(&traces)[..] else { panic!("one array") };
    assert_eq!((view.name.as_str(), view.id.as_str(), view.size), ("align", "align-00000001", Some(6)));
    assert_eq!(view.phases, ["claim", "run"]);
    let plain = |run: u64| vec![Some(1), Some(run)];
    assert_eq!(
        told(view),
        [
            (3, "failed", 19, vec![Some(2), Some(17)], false, Some("exit code 3"), 2),
            (4, "running", 1000, vec![None, None], true, None, 1),
            (0, "succeeded", 10, plain(9), false, None, 1),
            (1, "succeeded", 11, plain(10), false, None, 1),
            (2, "succeeded", 90, plain(89), false, None, 1),
        ]
    );
    let first = &view.tasks[0].attempts[0];
    assert_eq!((first.number, first.outcome.as_str(), first.instance.as_deref()), (1, "retried", Some("i-0abc")));
    assert_eq!(traces[0].spans()[view.tasks[0].span].name, "task align[3]");
}

#[test]
fn a_linked_attempt_is_told_by_its_own_trace_and_without_it_by_the_arrays() {
    let short = |id: u64, index: i64, outcome: &str| {
        of_array(span(id, 1, &format!("attempt align[{index}]#1"), 0, 10), index, 1, outcome)
    };
    let array = || {
        vec![
            span(1, 0, "array align", 0, 100)
                .said("spawn.job_array_id", "align-00000001")
                .said("spawn.job_array.name", "align"),
            short(2, 0, "succeeded"),
            short(3, 1, "failed").failed("exit code 1"),
        ]
    };
    let own: Vec<Span> = attempt(10, 0, 0, 1, 0, 10, "succeeded").into_iter().map(|span| span.in_trace(5)).collect();
    let traces = Trace::gather(array().into_iter().chain(own));
    let [view] = &arrays(&traces)[..] else { panic!("one array") };
    assert_eq!(
        told(view),
        [
            (1, "failed", 10, vec![None, None], false, Some("exit code 1"), 1),
            (0, "succeeded", 10, vec![Some(1), Some(9)], false, None, 1),
        ]
    );
    let task = &view.tasks[1];
    assert_eq!(traces[task.trace].spans()[task.span].name, "task align[0]");
    let alone = Trace::gather(array());
    assert_eq!(arrays(&alone)[0].tasks.len(), 2);
}

#[test]
fn a_trace_without_an_array_has_none() {
    assert_eq!(arrays(&Trace::gather([span(1, 0, "task of something", 0, 1)])), []);
}
