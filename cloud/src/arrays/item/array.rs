//! The item of an array, and its entry in the index of arrays.

use super::attributes::{Reader, Writer};
use super::{Item, expires_at, of_map, to_map};
use crate::arrays::MOST_TASKS;
use crate::arrays::array::{ArrayRecord, HookState};
use crate::error::Result;
use aws_sdk_dynamodb::types::AttributeValue;
use std::time::Duration;

/// Which write of an array it was; as a task's version and mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::arrays) struct Stamp {
    pub(in crate::arrays) version: u64,
    pub(in crate::arrays) mark: u64,
}

impl Stamp {
    /// That of a new array.
    pub(in crate::arrays) const FIRST: Self = Self { version: 1, mark: 0 };

    /// That of the next write.
    pub(in crate::arrays) fn next(self) -> Self {
        Self { version: self.version + 1, mark: fastrand::u64(..) }
    }
}

/// An array with the stamp of the write.
pub(in crate::arrays) fn of_array(mut item: Item, array: &ArrayRecord, stamp: Stamp) -> Item {
    let ArrayRecord {
        id,
        size,
        command,
        shell,
        input,
        output,
        hook,
        env,
        has_params,
        topology,
        timeout,
        retries,
        created_at,
        traceparent,
        tracestate,
        launch_traceparent,
        queue_url,
        round,
        ready,
        cancelled_at,
        ended_at,
        hook_state,
    } = array;
    let texts = |texts: &[String]| AttributeValue::L(texts.iter().cloned().map(AttributeValue::S).collect());
    item.insert("command".to_owned(), texts(command));
    item.insert("env".to_owned(), of_map(env));
    for (name, value) in [("shell", shell), ("has_params", has_params), ("ready", ready)] {
        item.insert(name.to_owned(), AttributeValue::Bool(*value));
    }
    let mut item = Writer(item);
    item.number("version", stamp.version);
    item.number("mark", stamp.mark);
    item.text("array_id", id.as_str());
    item.text("name", id.name());
    item.number("size", size);
    item.text("output", output);
    item.text("topology", topology.as_str());
    item.number("retries", retries);
    item.number("created_at", created_at);
    item.number("expires_at", expires_at(*created_at));
    item.text("queue_url", queue_url);
    item.number("round", round);
    item.optional_number("timeout_ms", timeout.map(|time| i64::try_from(time.as_millis()).unwrap_or(i64::MAX)));
    [("cancelled_at", cancelled_at), ("ended_at", ended_at)]
        .into_iter()
        .for_each(|(name, value)| item.optional_number(name, *value));
    let optional = [
        ("input", input),
        ("hook", hook),
        ("traceparent", traceparent),
        ("tracestate", tracestate),
        ("launch_traceparent", launch_traceparent),
    ];
    optional.into_iter().for_each(|(name, value)| item.optional_text(name, value.as_deref()));
    match hook_state {
        HookState::Waiting => item.text("hook_state", "waiting"),
        HookState::Running { owner, lease_until } => {
            item.text("hook_state", "running");
            item.text("hook_owner", owner);
            item.number("hook_lease_until", lease_until);
        }
        HookState::Done { problem } => {
            item.text("hook_state", "done");
            item.optional_text("hook_problem", problem.as_deref());
        }
    }
    item.0
}

pub(in crate::arrays) fn to_array(item: &Item) -> Result<(ArrayRecord, Stamp)> {
    let item = Reader { item };
    let hook_state = match item.text("hook_state")? {
        "waiting" => HookState::Waiting,
        "running" => HookState::Running {
            owner: item.text("hook_owner")?.to_owned(),
            lease_until: item.time("hook_lease_until")?.ok_or_else(|| item.unreadable("hook_lease_until"))?,
        },
        "done" => HookState::Done { problem: item.optional_text("hook_problem") },
        _ => return Err(item.unreadable("hook_state")),
    };
    let command = item
        .item
        .get("command")
        .and_then(|list| list.as_l().ok())
        .and_then(|list| list.iter().map(|text| text.as_s().ok().cloned()).collect::<Option<Vec<String>>>());
    let size = item.number("size")?;
    let array = ArrayRecord {
        id: item.parsed("array_id")?,
        size: if (1..=MOST_TASKS).contains(&size) { size } else { return Err(item.unreadable("size")) },
        command: command.ok_or_else(|| item.unreadable("command"))?,
        shell: item.truth("shell"),
        input: item.optional_text("input"),
        output: item.text("output")?.to_owned(),
        hook: item.optional_text("hook"),
        env: item.item.get("env").map(to_map).unwrap_or_default(),
        has_params: item.truth("has_params"),
        topology: item.parsed("topology")?,
        timeout: item.optional_number("timeout_ms")?.map(Duration::from_millis),
        retries: item.number("retries")?,
        created_at: item.time("created_at")?.ok_or_else(|| item.unreadable("created_at"))?,
        traceparent: item.optional_text("traceparent"),
        tracestate: item.optional_text("tracestate"),
        launch_traceparent: item.optional_text("launch_traceparent"),
        queue_url: item.text("queue_url")?.to_owned(),
        round: item.count("round")?.ok_or_else(|| item.unreadable("round"))?,
        ready: item.truth("ready"),
        cancelled_at: item.time("cancelled_at")?,
        ended_at: item.time("ended_at")?,
        hook_state,
    };
    let mark = item.optional_number("mark")?.unwrap_or_default();
    Ok((array, Stamp { version: item.version()?, mark }))
}
