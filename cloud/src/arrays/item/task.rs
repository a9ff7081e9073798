//! The item of a task.

use super::attributes::{Reader, Writer};
use super::{Item, TASK, task_key};
use crate::arrays::MOST_TASKS;
use crate::arrays::id::ArrayId;
use crate::arrays::task::{LostAttempt, Task};
use crate::error::Result;
use aws_sdk_dynamodb::types::AttributeValue;

/// Attempts that nobody may have told of.
const UNTOLD: &str = "untold";

/// The item of a task, whole.
pub(in crate::arrays) fn of_task(id: &ArrayId, task: &Task, expires_at: i64) -> Item {
    let Task {
        index,
        version,
        mark,
        state,
        attempt,
        failures,
        losses,
        owner,
        lease_until,
        not_before,
        cancel,
        started_at,
        ended_at,
        exit_code,
        signal,
        reason,
        output,
        traceparent,
        tracestate,
        previous,
        untold,
    } = task;
    let mut item = Writer(task_key(id, *index));
    item.number("version", version);
    item.number("mark", mark);
    item.text("state", state.as_str());
    item.number("attempt", attempt);
    item.number("expires_at", expires_at);
    for (name, count) in [("failures", failures), ("losses", losses)] {
        item.optional_number(name, (*count > 0).then_some(i64::from(*count)));
    }
    if *cancel {
        item.0.insert("cancel".to_owned(), AttributeValue::Bool(true));
    }
    let numbers =
        [("lease_until", lease_until), ("not_before", not_before), ("started_at", started_at), ("ended_at", ended_at)];
    numbers.into_iter().for_each(|(name, value)| item.optional_number(name, *value));
    [("exit_code", exit_code), ("signal", signal)]
        .into_iter()
        .for_each(|(name, value)| item.optional_number(name, value.map(i64::from)));
    let texts = [
        ("owner", owner),
        ("reason", reason),
        ("output", output),
        ("traceparent", traceparent),
        ("tracestate", tracestate),
        ("previous", previous),
    ];
    texts.into_iter().for_each(|(name, value)| item.optional_text(name, value.as_deref()));
    if !untold.is_empty() {
        let untold = untold.iter().map(|lost| AttributeValue::M(of_lost(lost))).collect();
        item.0.insert(UNTOLD.to_owned(), AttributeValue::L(untold));
    }
    item.0
}

pub(in crate::arrays) fn to_task(item: &Item) -> Result<Task> {
    let item = Reader { item };
    let index = item.text("SK")?.strip_prefix(TASK).and_then(|digits| digits.parse().ok());
    let index = index.filter(|index| *index < MOST_TASKS).ok_or_else(|| item.unreadable("SK"))?;
    Ok(Task {
        index,
        version: item.version()?,
        mark: item.optional_number("mark")?.unwrap_or_default(),
        state: item.parsed("state")?,
        attempt: item.count("attempt")?.ok_or_else(|| item.unreadable("attempt"))?,
        failures: item.count("failures")?.unwrap_or_default(),
        losses: item.count("losses")?.unwrap_or_default(),
        owner: item.optional_text("owner"),
        lease_until: item.time("lease_until")?,
        not_before: item.time("not_before")?,
        cancel: item.truth("cancel"),
        started_at: item.time("started_at")?,
        ended_at: item.time("ended_at")?,
        exit_code: item.optional_number("exit_code")?,
        signal: item.optional_number("signal")?,
        reason: item.optional_text("reason"),
        output: item.optional_text("output"),
        traceparent: item.optional_text("traceparent"),
        tracestate: item.optional_text("tracestate"),
        previous: item.optional_text("previous"),
        untold: to_untold(item.item),
    })
}

fn of_lost(lost: &LostAttempt) -> Item {
    let LostAttempt { attempt, owner, started_at, lease_until, traceparent, tracestate, previous } = lost;
    let mut item = Writer(Item::new());
    item.number("attempt", attempt);
    item.optional_number("started_at", *started_at);
    item.optional_number("lease_until", *lease_until);
    let texts = [("owner", owner), ("traceparent", traceparent), ("tracestate", tracestate), ("previous", previous)];
    texts.into_iter().for_each(|(name, value)| item.optional_text(name, value.as_deref()));
    item.0
}

/// What can be read of it: a task is not held up by what is only to be told.
fn to_untold(item: &Item) -> Vec<LostAttempt> {
    let untold = item.get(UNTOLD).and_then(|untold| untold.as_l().ok()).into_iter().flatten();
    untold.filter_map(|lost| to_lost(lost.as_m().ok()?)).collect()
}

fn to_lost(item: &Item) -> Option<LostAttempt> {
    let item = Reader { item };
    Some(LostAttempt {
        attempt: item.count("attempt").ok()??,
        owner: item.optional_text("owner"),
        started_at: item.time("started_at").ok()?,
        lease_until: item.time("lease_until").ok()?,
        traceparent: item.optional_text("traceparent"),
        tracestate: item.optional_text("tracestate"),
        previous: item.optional_text("previous"),
    })
}
