//! What is worked out from an array's tasks and agents: pace, end, stragglers, cost.

use super::overview::{Overview, is_alive, is_local};
use super::seconds;
use spawn_cloud::AgentRecord;
use spawn_cloud::arrays::{Millis, Task, TaskState};
use spawn_cloud::prices::{Prices, Usd};
use std::time::Duration;

/// The pace is that of the last minutes: an array's agents come and go.
const WINDOW: Millis = 5 * 60 * 1_000;
/// From this many times the median on, a task is a straggler.
const STRAGGLING: u64 = 3;
/// A median of fewer times than this says little.
const ENOUGH: usize = 3;
/// A task that has run for less than this is no straggler, however quick the others were.
const SOON: u64 = 10;

/// Figures of an array at one instant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figures {
    /// Attempts of all tasks so far.
    pub(crate) attempts: u64,
    /// Attempts that were not their task's first.
    pub(crate) again: u64,
    /// Attempts whose host vanished, since the operator last asked for their task.
    pub(crate) lost: u64,
    /// Tasks that end in a minute; of an array that has ended, on average.
    pub(crate) per_minute: Option<f64>,
    /// How long the rest takes at this pace.
    pub(crate) left: Option<Duration>,
    /// Median of the seconds that tasks took which have succeeded.
    pub(crate) median: Option<u64>,
    /// Running tasks that take much longer than others, by index, the longest first.
    pub(crate) stragglers: Vec<u32>,
    /// By the list prices.
    pub(crate) cost: Cost,
}

/// What the array's agents cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    /// An hour of those that are alive.
    pub(crate) per_hour: Usd,
    /// Since they began with the array.
    pub(crate) so_far: Usd,
    /// Whether a spot instance is among them, which costs at most what is listed.
    pub(crate) at_most: bool,
    /// Agents on EC2 whose price is not known.
    pub(crate) without_price: usize,
}

impl Figures {
    pub(crate) fn of(overview: &Overview, prices: &Prices, now: Millis) -> Self {
        let tasks = &overview.tasks;
        let sum = |of: fn(&Task) -> u32| tasks.iter().map(|task| u64::from(of(task))).sum();
        let per_minute = per_minute(overview, now);
        let open = tasks.iter().filter(|task| !task.state.has_ended()).count();
        let median = median(tasks);
        Self {
            attempts: sum(|task| task.attempt),
            again: sum(|task| task.attempt.saturating_sub(1)),
            lost: sum(|task| task.losses),
            left: per_minute.filter(|pace| *pace > 0.0 && open > 0 && overview.array.ended_at.is_none()).map(|pace| {
                // At most 10,000 tasks, and a pace of at least one in five minutes.
                Duration::from_secs((open as f64 * 60.0 / pace).ceil() as u64)
            }),
            per_minute,
            median,
            stragglers: stragglers(tasks, median, now),
            cost: Cost::of(&overview.agents, prices, now),
        }
    }
}

fn per_minute(overview: &Overview, now: Millis) -> Option<f64> {
    let array = &overview.array;
    let (from, until) = match array.ended_at {
        Some(ended) => (array.created_at, ended),
        None => (array.created_at.max(now - WINDOW), now),
    };
    let ended = overview.tasks.iter().filter(|task| task.state.has_ended() && task.state != TaskState::Cancelled);
    let within = ended.filter(|task| task.ended_at.is_some_and(|ended| ended >= from)).count();
    // Below a second, any pace would be an accident.
    let time = until.saturating_sub(from).max(1_000);
    (within > 0).then(|| within as f64 * 60_000.0 / time as f64)
}

fn median(tasks: &[Task]) -> Option<u64> {
    let succeeded = tasks.iter().filter(|task| task.state == TaskState::Succeeded);
    let mut times: Vec<u64> = succeeded.filter_map(|task| seconds(task, task.ended_at?)).collect();
    times.sort_unstable();
    (times.len() >= ENOUGH).then(|| times[times.len() / 2])
}

fn stragglers(tasks: &[Task], median: Option<u64>, now: Millis) -> Vec<u32> {
    let Some(median) = median else { return Vec::new() };
    let limit = median.saturating_mul(STRAGGLING).max(SOON);
    let running = tasks.iter().filter(|task| task.state == TaskState::Running);
    let mut slow: Vec<(u64, u32)> = running
        .filter_map(|task| Some((running_for(task, now)?, task.index)))
        .filter(|(time, _)| *time > limit)
        .collect();
    slow.sort_by_key(|(time, index)| (std::cmp::Reverse(*time), *index));
    slow.into_iter().map(|(_, index)| index).collect()
}

/// Seconds since the attempt under way began.
pub(crate) fn running_for(task: &Task, now: Millis) -> Option<u64> {
    u64::try_from(now.saturating_sub(task.started_at?)).ok().map(|time| time / 1_000)
}

impl Cost {
    fn of(agents: &[AgentRecord], prices: &Prices, now: Millis) -> Self {
        let mut cost = Self::default();
        for agent in agents.iter().filter(|agent| !is_local(agent)) {
            let kind = agent.instance_type.as_deref();
            let hour = agent.region.as_deref().zip(kind).and_then(|(region, kind)| prices.hour(region, kind));
            let Some(hour) = hour else {
                cost.without_price += 1;
                continue;
            };
            // A silent one may be gone: what is certain is the time until it was last heard of.
            let until = if is_alive(agent, now) { now / 1_000 } else { agent.last_seen };
            let time = Duration::from_secs(u64::try_from(until.saturating_sub(agent.started_at)).unwrap_or_default());
            cost.so_far = [cost.so_far, hour.over(time)].into_iter().sum();
            if is_alive(agent, now) {
                cost.per_hour = [cost.per_hour, hour].into_iter().sum();
            }
            cost.at_most |= agent.spot.unwrap_or_default();
        }
        cost
    }
}
