//! Job arrays: their tasks by the phases of their attempts, the remarkable ones first.

mod attempt;
mod host;
mod straggler;

use std::collections::{BTreeMap, HashMap};

use crate::trace::Trace;
pub use attempt::cause;
use attempt::{At, attempts};
pub use host::HostRow;
use straggler::Bound;

/// A job array as its spans tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrayView {
    /// Its name; its id, if no span tells the name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// What the phases of an attempt are called, in the order in which they follow each other.
    pub phases: Vec<String>,
    /// Its tasks: those that failed, then stragglers, then the others, each by index.
    pub tasks: Vec<TaskRow>,
    /// How many tasks the array has, as its own span says; none if that is not here.
    pub size: Option<u64>,
    /// The hosts that worked on it, those with the most failures and stragglers first.
    pub hosts: Vec<HostRow>,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskRow {
    /// Its index.
    pub index: u32,
    /// Its attempts, by number.
    pub attempts: Vec<AttemptRow>,
    /// What became of its last attempt, a word of `docs/reference/spans.md`; `running` while it is under way.
    pub outcome: String,
    /// The time of all its attempts, nanoseconds; of one under way, until the last instant that its trace knows of.
    pub total: u64,
    /// The time of each phase in all its attempts, nanoseconds; none where no attempt came to it.
    pub phases: Vec<Option<u64>>,
    /// It took longer than the others: more than 1.5 times the 90th percentile of the other tasks' times, and more than
    /// three median deviations above the median.
    pub straggler: bool,
    /// Its last attempt failed.
    pub failed: bool,
    /// Why its last failed attempt failed.
    pub cause: Option<String>,
    /// The trace of its last attempt, a place among the traces.
    pub trace: usize,
    /// The span of its last attempt, in that trace.
    pub span: usize,
}

/// An attempt at a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// Its number, from 1.
    pub number: u32,
    /// What became of it.
    pub outcome: String,
    /// When it began, nanoseconds since 1970.
    pub start: u64,
    /// When it ended; none while it is under way.
    pub end: Option<u64>,
    /// How long it took, nanoseconds; while it is under way, until the last instant that its trace knows of.
    pub total: u64,
    /// The time of each phase, nanoseconds; none where it did not come to it.
    pub phases: Vec<Option<u64>>,
    /// The host that made it.
    pub instance: Option<String>,
    /// Whether it failed.
    pub failed: bool,
    /// Why it failed.
    pub cause: Option<String>,
    /// Its trace, a place among the traces.
    pub trace: usize,
    /// Its span, in that trace.
    pub span: usize,
}

/// All job arrays of these traces, by name and id, in both topologies: attempts in the array's own trace, and each in a
/// trace of its own, of which the array's trace tells the outcome where the trace is not here.
#[must_use]
pub fn arrays(traces: &[Trace]) -> Vec<ArrayView> {
    let mut of: BTreeMap<String, Draft> = BTreeMap::new();
    for (number, trace) in traces.iter().enumerate() {
        names(trace, &mut of);
        for at in attempts(trace) {
            of.entry(at.array.clone()).or_default().take(number, at);
        }
    }
    let mut views: Vec<ArrayView> = of.into_iter().map(|(id, draft)| draft.finish(id, traces)).collect();
    views.sort_by(|left, right| (&left.name, &left.id).cmp(&(&right.name, &right.id)));
    views
}

/// An array whose attempts are being gathered.
#[derive(Default)]
struct Draft {
    name: Option<String>,
    size: Option<u64>,
    /// By index and number, with the place of the trace.
    attempts: BTreeMap<(u32, u32), (usize, At)>,
}

/// What the spans say of arrays themselves.
fn names(trace: &Trace, of: &mut BTreeMap<String, Draft>) {
    for span in trace.spans() {
        let (Some(id), Some(name)) = (span.text("spawn.job_array_id"), span.text("spawn.job_array.name")) else {
            continue;
        };
        let draft = of.entry(id.into_owned()).or_default();
        draft.size = draft.size.or_else(|| span.text("spawn.job_array.size")?.parse().ok());
        draft.name.get_or_insert_with(|| name.into_owned());
    }
}

impl Draft {
    /// Of the two spans of a linked attempt, its own is taken, not that in the array's trace.
    fn take(&mut self, trace: usize, at: At) {
        let key = (at.index, at.number);
        let is_better = self.attempts.get(&key).is_none_or(|(_, known)| at.rank > known.rank);
        if is_better {
            self.attempts.insert(key, (trace, at));
        }
    }

    fn finish(self, id: String, traces: &[Trace]) -> ArrayView {
        let phases = phases(self.attempts.values().map(|(trace, at)| (&traces[*trace], at.span)));
        let mut of: BTreeMap<u32, Vec<AttemptRow>> = BTreeMap::new();
        for ((index, number), (trace, at)) in self.attempts {
            of.entry(index).or_default().push(attempt::row(number, trace, &traces[trace], at, &phases));
        }
        let mut tasks: Vec<TaskRow> = of.into_iter().filter_map(|(index, attempts)| task(index, attempts)).collect();
        let bound = Bound::of(tasks.iter().map(|task| task.total));
        tasks.iter_mut().for_each(|task| task.straggler = bound.is_over(task.total));
        tasks.sort_by_key(|task| (!task.failed, !task.straggler, task.index));
        let (name, hosts) = (self.name.unwrap_or_else(|| id.clone()), host::hosts(&tasks));
        ArrayView { name, id, phases, tasks, size: self.size, hosts }
    }
}

/// The phases as spawn's agents name them, in their order; what else is below attempts comes behind.
const KNOWN: [&str; 5] = ["claim", "stage in", "run", "stage out", "complete"];

/// Most phases that are told apart: attempts of another writer may have a child of a new name each.
const MOST: usize = 12;

fn phases<'a>(attempts: impl Iterator<Item = (&'a Trace, usize)>) -> Vec<String> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut order: Vec<&str> = Vec::new();
    for (trace, span) in attempts {
        for &child in trace.children(span) {
            let name = trace.spans()[child].name.as_str();
            if order.len() < MOST && !seen.contains_key(name) && attempt::is_phase(name) {
                seen.insert(name, order.len());
                order.push(name);
            }
        }
    }
    let known = KNOWN.iter().copied().filter(|name| seen.contains_key(name));
    let others = order.iter().copied().filter(|name| !KNOWN.contains(name));
    known.chain(others).map(str::to_owned).collect()
}

fn task(index: u32, attempts: Vec<AttemptRow>) -> Option<TaskRow> {
    let last = attempts.last()?;
    let phases = (0..last.phases.len()).map(|phase| {
        let times = attempts.iter().filter_map(|attempt| attempt.phases[phase]);
        times.reduce(u64::saturating_add)
    });
    Some(TaskRow {
        index,
        outcome: last.outcome.clone(),
        total: attempts.iter().fold(0, |total, attempt| total.saturating_add(attempt.total)),
        phases: phases.collect(),
        straggler: false,
        failed: last.failed,
        cause: attempts.iter().rev().find_map(|attempt| attempt.cause.clone()),
        trace: last.trace,
        span: last.span,
        attempts,
    })
}
