//! DynamoDB's attributes on one side, our types on the other. What is absent is absent, never an empty text.

use super::array::{ArrayRecord, HookState};
use super::counts::Counts;
use super::id::ArrayId;
use super::task::{Millis, Task};
use super::{MOST_TASKS, SHARDS};
use crate::error::{Error, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;
use std::time::Duration;

/// An item as DynamoDB has it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// An array is forgotten this long after its launch, and so is the queue's last message long before that.
pub(super) const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Sort key of an array.
const ARRAY: &str = "array";
/// Partition of the index of arrays.
pub(super) const INDEX: &str = "arrays";
/// Sort key of a shard's counters.
pub(super) const COUNTS: &str = "counts";
/// Sort keys of tasks begin so.
pub(super) const TASK: &str = "task#";

pub(super) fn shard_key(id: &ArrayId, shard: u32) -> String {
    format!("{id}#{}", shard % SHARDS)
}

pub(super) fn array_key(id: &ArrayId) -> Item {
    key(id.as_str().to_owned(), ARRAY.to_owned())
}

pub(super) fn index_key(id: &ArrayId) -> Item {
    key(INDEX.to_owned(), id.as_str().to_owned())
}

pub(super) fn task_key(id: &ArrayId, index: u32) -> Item {
    key(shard_key(id, index), format!("{TASK}{index:06}"))
}

pub(super) fn params_key(id: &ArrayId, index: u32) -> Item {
    key(format!("{}#params", shard_key(id, index)), format!("{TASK}{index:06}"))
}

pub(super) fn counts_key(id: &ArrayId, shard: u32) -> Item {
    key(shard_key(id, shard), COUNTS.to_owned())
}

fn key(partition: String, sort: String) -> Item {
    HashMap::from([("PK".to_owned(), AttributeValue::S(partition)), ("SK".to_owned(), AttributeValue::S(sort))])
}

/// The item of a task, whole.
pub(super) fn of_task(id: &ArrayId, task: &Task, expires_at: i64) -> Item {
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
    item.0
}

pub(super) fn to_task(item: &Item) -> Result<Task> {
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
    })
}

/// Which write of an array it was; as a task's version and mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) version: u64,
    pub(super) mark: u64,
}

impl Stamp {
    /// That of a new array.
    pub(super) const FIRST: Self = Self { version: 1, mark: 0 };

    /// That of the next write.
    pub(super) fn next(self) -> Self {
        Self { version: self.version + 1, mark: fastrand::u64(..) }
    }
}

/// An array with the stamp of the write.
pub(super) fn of_array(mut item: Item, array: &ArrayRecord, stamp: Stamp) -> Item {
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

pub(super) fn to_array(item: &Item) -> Result<(ArrayRecord, Stamp)> {
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

/// The parameters of a task: they are read by whoever works on it and by nobody else, so they have an item of their own.
pub(super) fn of_params(id: &ArrayId, index: u32, params: &BTreeMap<String, String>, expires_at: i64) -> Item {
    let mut item = Writer(params_key(id, index));
    item.0.insert("params".to_owned(), of_map(params));
    item.number("expires_at", expires_at);
    item.0
}

/// When DynamoDB may forget what was launched then, in epoch seconds.
pub(super) fn expires_at(created_at: Millis) -> i64 {
    created_at / 1_000 + i64::try_from(KEPT.as_secs()).unwrap_or_default()
}

pub(super) fn to_counts(item: &Item) -> Counts {
    let item = Reader { item };
    let count = |name: &str| item.count(name).ok().flatten().filter(|count| *count <= MOST_TASKS).unwrap_or_default();
    Counts { succeeded: count("succeeded"), failed: count("failed"), cancelled: count("cancelled") }
}

fn of_map(map: &BTreeMap<String, String>) -> AttributeValue {
    AttributeValue::M(map.iter().map(|(name, value)| (name.clone(), AttributeValue::S(value.clone()))).collect())
}

pub(super) fn to_map(value: &AttributeValue) -> BTreeMap<String, String> {
    let texts = value.as_m().into_iter().flatten();
    texts.filter_map(|(name, value)| Some((name.clone(), value.as_s().ok()?.clone()))).collect()
}

/// Fills an item.
struct Writer(Item);

impl Writer {
    fn text(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), AttributeValue::S(value.to_owned()));
    }

    fn optional_text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.text(name, value);
        }
    }

    fn number(&mut self, name: &str, value: impl ToString) {
        self.0.insert(name.to_owned(), AttributeValue::N(value.to_string()));
    }

    fn optional_number(&mut self, name: &str, value: Option<i64>) {
        if let Some(value) = value {
            self.number(name, value);
        }
    }
}

/// Reads an item that anybody may have written.
struct Reader<'a> {
    item: &'a Item,
}

/// Far more than any count gets to, and so little that nothing which is added overflows.
const MOST: u32 = 1_000_000_000;
/// The last millisecond of the year 9999.
const LAST: Millis = 253_402_300_799_999;

impl<'a> Reader<'a> {
    fn unreadable(&self, name: &str) -> Error {
        let key = |name: &str| self.optional_text(name).unwrap_or_else(|| "?".to_owned());
        let reason = format!("item {} of {} has no readable `{name}`", key("SK"), key("PK"));
        Error::Unexpected { call: "DynamoDB", reason }
    }

    fn version(&self) -> Result<u64> {
        let version: u64 = self.number("version")?;
        if version < u64::MAX { Ok(version) } else { Err(self.unreadable("version")) }
    }

    fn count(&self, name: &str) -> Result<Option<u32>> {
        let count = self.optional_number::<u32>(name)?;
        if count.is_none_or(|count| count <= MOST) { Ok(count) } else { Err(self.unreadable(name)) }
    }

    fn time(&self, name: &str) -> Result<Option<Millis>> {
        let time = self.optional_number::<Millis>(name)?;
        if time.is_none_or(|time| (0..=LAST).contains(&time)) { Ok(time) } else { Err(self.unreadable(name)) }
    }

    fn text(&self, name: &str) -> Result<&'a str> {
        let value = self.item.get(name).and_then(|value| value.as_s().ok());
        value.map(String::as_str).ok_or_else(|| self.unreadable(name))
    }

    fn optional_text(&self, name: &str) -> Option<String> {
        self.item.get(name).and_then(|value| value.as_s().ok()).cloned()
    }

    fn parsed<T: FromStr>(&self, name: &str) -> Result<T> {
        self.text(name)?.parse().map_err(|_| self.unreadable(name))
    }

    fn number<T: FromStr>(&self, name: &str) -> Result<T> {
        self.optional_number(name)?.ok_or_else(|| self.unreadable(name))
    }

    /// Absent is none; anything else than a number in range is an error.
    fn optional_number<T: FromStr>(&self, name: &str) -> Result<Option<T>> {
        let Some(value) = self.item.get(name) else { return Ok(None) };
        let number = value.as_n().ok().and_then(|digits| digits.parse().ok());
        number.map(Some).ok_or_else(|| self.unreadable(name))
    }

    fn truth(&self, name: &str) -> bool {
        self.item.get(name).and_then(|value| value.as_bool().ok()).copied().unwrap_or_default()
    }
}
