//! The tasks that a person wants to look at: those that hang, and those that failed.

use super::time;
use crate::array::{Figures, Overview, ending, fit, running_for};
use spawn_cloud::arrays::{Millis, Task, TaskState};

/// Lines of each section; the rest is counted.
const MOST: usize = 5;

/// Tasks that take much longer than the others.
pub(super) fn stragglers(overview: &Overview, figures: &Figures, now: Millis, width: Option<usize>) -> String {
    let slow = figures.stragglers.iter().filter_map(|index| overview.tasks.iter().find(|task| task.index == *index));
    let lines = slow.map(|task| {
        let running = running_for(task, now).unwrap_or_default();
        format!("{}: runs for {} on {}", named(task), time(running), task.instance().unwrap_or("-"))
    });
    let head = format!("stragglers, with three times the usual {} and more:", time(figures.median.unwrap_or_default()));
    section(&head, lines.collect(), "spawn status -o json", width)
}

/// Tasks that have failed for good, each with its reason.
pub(super) fn failed(overview: &Overview, width: Option<usize>) -> String {
    let failed = overview.tasks.iter().filter(|task| task.state == TaskState::Failed);
    let lines = failed.map(|task| {
        let parts = [task.reason.clone().or_else(|| ending(task)), task.instance().map(|host| format!("on {host}"))];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        format!("{}: {}", named(task), parts.join(", "))
    });
    section("failed:", lines.collect(), &format!("spawn results {} --failed", overview.array.id), width)
}

fn named(task: &Task) -> String {
    match task.attempt {
        0 | 1 => task.index.to_string(),
        attempt => format!("{} (attempt {attempt})", task.index),
    }
}

fn section(head: &str, lines: Vec<String>, command: &str, width: Option<usize>) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", fit(head, width));
    for line in lines.iter().take(MOST) {
        text += &format!("  {}\n", fit(line, width.map(|width| width.saturating_sub(2))));
    }
    match lines.len().saturating_sub(MOST) {
        0 => {}
        more => text += &format!("  and {more} more: `{command}` shows them\n"),
    }
    text
}
