//! Arrays and tasks for programs.

use super::overview::{Overview, is_alive};
use super::{Figures, seconds, trace_id};
use jiff::Timestamp;
use serde_json::{Value, json};
use spawn_cloud::AgentRecord;
use spawn_cloud::arrays::{ArrayRecord, HookState, Millis, Task, TaskState};
use spawn_cloud::prices::Prices;

/// Everything about an array, its tasks last.
pub(crate) fn of_array(overview: &Overview, figures: &Figures, prices: &Prices, now: Millis) -> Value {
    let array = &overview.array;
    let mut value = of_record(array);
    let states: serde_json::Map<String, Value> =
        TaskState::ALL.into_iter().map(|state| (state.as_str().to_owned(), json!(overview.count(state)))).collect();
    let fields = [
        ("states", Value::Object(states)),
        ("unreadable", json!(overview.unreadable())),
        ("attempts", json!(figures.attempts)),
        ("attempts_again", json!(figures.again)),
        ("attempts_lost", json!(figures.lost)),
        ("tasks_per_minute", json!(figures.per_minute.map(|pace| (pace * 100.0).round() / 100.0))),
        ("seconds_left", json!(figures.left.map(|left| left.as_secs()))),
        ("median_seconds", json!(figures.median)),
        ("stragglers", json!(figures.stragglers)),
        ("usd_per_hour", json!(figures.cost.per_hour.dollars())),
        ("usd_so_far", json!(figures.cost.so_far.dollars())),
        ("without_price", json!(figures.cost.without_price)),
        ("prices_as_of", json!(prices.as_of())),
        ("agents", overview.agents.iter().map(|agent| of_agent(agent, now)).collect()),
        ("tasks", overview.tasks.iter().map(|task| of_task(array, task, now)).collect()),
    ];
    for (name, field) in fields {
        value[name] = field;
    }
    value
}

/// An array as its record tells it.
pub(crate) fn of_record(array: &ArrayRecord) -> Value {
    let (hook_state, hook_problem) = match &array.hook_state {
        HookState::Waiting => ("waiting", None),
        HookState::Running { .. } => ("running", None),
        HookState::Done { problem } => ("done", problem.as_deref()),
    };
    json!({
        "array_id": array.id.as_str(),
        "name": array.id.name(),
        "size": array.size,
        "command": array.command,
        "shell": array.shell,
        "input": array.input,
        "output": array.output,
        "hook": array.hook,
        "hook_state": hook_state,
        "hook_problem": hook_problem,
        "topology": array.topology.as_str(),
        "timeout_seconds": array.timeout.map(|time| time.as_secs_f64()),
        "retries": array.retries,
        "round": array.round,
        "ready": array.ready,
        "created_at": instant(array.created_at),
        "cancelled_at": array.cancelled_at.and_then(instant),
        "ended_at": array.ended_at.and_then(instant),
        "trace_id": trace_id(array),
    })
}

/// A task; every line of ndjson says which array it is of.
pub(crate) fn of_task(array: &ArrayRecord, task: &Task, now: Millis) -> Value {
    json!({
        "array_id": array.id.as_str(),
        "index": task.index,
        "state": task.state,
        "attempt": task.attempt,
        "failures": task.failures,
        "losses": task.losses,
        "host": task.instance(),
        "exit_code": task.exit_code,
        "signal": task.signal,
        "reason": task.reason,
        "cancelling": task.cancel,
        "not_before": task.not_before.and_then(instant),
        "started_at": task.started_at.and_then(instant),
        "ended_at": task.ended_at.filter(|_| task.state != TaskState::Running).and_then(instant),
        "seconds": seconds(task, now),
        "output": task.output,
        "trace_id": task.traceparent.as_deref().and_then(|text| text.split('-').nth(1)),
    })
}

fn of_agent(agent: &AgentRecord, now: Millis) -> Value {
    json!({
        "instance_id": agent.instance_id,
        "provider": agent.provider.as_str(),
        "region": agent.region,
        "instance_type": agent.instance_type,
        "spot": agent.spot,
        "slots": agent.slots,
        "version": agent.version,
        "alive": is_alive(agent, now),
        "started_at": instant(agent.started_at.saturating_mul(1_000)),
        "last_seen": instant(agent.last_seen.saturating_mul(1_000)),
        "left_at": agent.left_at.and_then(|left| instant(left.saturating_mul(1_000))),
    })
}

/// An instant as RFC 3339; one that no calendar has is none.
pub(crate) fn instant(millis: Millis) -> Option<String> {
    Timestamp::from_millisecond(millis).ok().map(|instant| instant.to_string())
}
