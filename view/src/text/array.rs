//! A job array as a heat map: index by phase, and a line for each task that is worth one.

mod causes;
mod hosts;
mod strip;

use std::borrow::Cow;

use super::line::{Line, wrapped};
use super::paper::{Paint, Paper};
use super::table::{Cell, Column, cell, table};
use super::units::{count, duration};
use crate::array::{ArrayView, TaskRow};
use strip::strip;

/// An array of up to so many tasks has a line for each.
const FEW: usize = 40;
/// Lines of an array of more tasks.
const REMARKABLE: usize = 20;
/// Phases that have a column; the agent makes five.
const PHASES: usize = 8;
/// Paints of the shades.
const PAINTS: [Paint; 5] = [Paint::Dim, Paint::Plain, Paint::Plain, Paint::Odd, Paint::Bad];

/// The array as text. `all` gives each task a line, however many there are.
#[must_use]
pub fn array(array: &ArrayView, all: bool, paper: &Paper) -> String {
    let mut text = String::new();
    head(array, paper, &mut text);
    if array.tasks.is_empty() {
        return text;
    }
    let medians: Vec<u64> = (0..array.phases.len()).map(|phase| median_of(array, phase)).collect();
    strip(array, &medians, paper, &mut text);
    let few = all || array.tasks.len() <= FEW;
    let shown: Vec<&TaskRow> = match few {
        true => array.tasks.iter().collect(),
        false => array.tasks.iter().filter(|task| is_remarkable(task)).take(REMARKABLE).collect(),
    };
    tasks(array, &shown, &medians, paper, &mut text);
    let remarkable = array.tasks.iter().filter(|task| is_remarkable(task)).count();
    if !few && remarkable > shown.len() {
        let left = format!("and {} more like these", remarkable - shown.len());
        wrapped(paper, "", Paint::Dim, &left, 1, &mut text);
    }
    if !few {
        let rest = array.tasks.len() - remarkable;
        let rest = format!("{} as usual", count(rest as u64, "task is", "tasks are"));
        wrapped(paper, "", Paint::Dim, &rest, 1, &mut text);
    }
    causes::causes(array, paper, &mut text);
    hosts::hosts(array, paper, &mut text);
    text
}

/// Whether a task has a line among many: it failed, took long, was tried again, or is under way.
fn is_remarkable(task: &TaskRow) -> bool {
    task.failed || task.straggler || task.attempts.len() > 1
}

fn head(array: &ArrayView, paper: &Paper, to: &mut String) {
    let mut line = Line::new(paper);
    line.own(Paint::Plain, "array ")
        .push(Paint::Strong, &array.name)
        .own(Paint::Plain, "  ")
        .push(Paint::Dim, &array.id);
    line.end(to);
    let failed = array.tasks.iter().filter(|task| task.failed).count();
    let stragglers = array.tasks.iter().filter(|task| task.straggler).count();
    let open = array.tasks.iter().filter(|task| task.outcome == "running").count();
    let again = array.tasks.iter().filter(|task| task.attempts.len() > 1).count();
    let mut facts = vec![count(array.tasks.len() as u64, "task", "tasks")];
    if let Some(size) = array.size.filter(|size| *size != array.tasks.len() as u64) {
        facts.push(format!("of {size} that the array has"));
    }
    for (number, one, many) in [
        (failed, "failed", "failed"),
        (open, "under way", "under way"),
        (stragglers, "straggler", "stragglers"),
        (again, "tried again", "tried again"),
    ] {
        if number > 0 {
            facts.push(count(number as u64, one, many));
        }
    }
    let mut totals: Vec<u64> = array.tasks.iter().map(|task| task.total).collect();
    totals.sort_unstable();
    if let (Some(middle), Some(longest)) = (totals.get(totals.len() / 2), totals.last()) {
        facts.push(format!("median {}, longest {}", duration(*middle), duration(*longest)));
    }
    wrapped(paper, "", Paint::Plain, &facts.join(", "), 2, to);
}

fn tasks(array: &ArrayView, shown: &[&TaskRow], medians: &[u64], paper: &Paper, to: &mut String) {
    if shown.is_empty() {
        return;
    }
    let phases = array.phases.len().min(PHASES);
    // Shades say it all where there is no room for figures.
    let figures = paper.columns() >= 40 + 11 * phases;
    let mut columns = vec![
        Column::whole(" "),
        Column::number("INDEX"),
        Column::text("OUTCOME"),
        Column::number("TRIES").spare(1),
        Column::number("TOTAL"),
    ];
    columns.extend(array.phases.iter().take(phases).map(|phase| Column::number(phase)));
    let rows: Vec<Vec<Cell<'_>>> = shown
        .iter()
        .map(|task| {
            let (sign, paint) = mark(task);
            let mut row = vec![
                (paint, Cow::Borrowed(sign)),
                cell(task.index.to_string()),
                (paint, Cow::Borrowed(task.outcome.as_str())),
                cell(task.attempts.len().to_string()),
                cell(duration(task.total)),
            ];
            for phase in 0..phases {
                let time = task.phases.get(phase).copied().flatten();
                row.push(heat(time, medians.get(phase).copied().unwrap_or_default(), figures, paper));
            }
            row
        })
        .collect();
    table(paper, &columns, &rows, to);
}

/// A task's time in a phase: its shade, and the figure where there is room.
fn heat(time: Option<u64>, median: u64, figures: bool, paper: &Paper) -> Cell<'static> {
    let Some(time) = time else { return cell("") };
    let level = level(time, median);
    let shade = paper.signs().shades[level].to_string().repeat(2);
    let paint = PAINTS[level];
    match figures {
        true => (paint, Cow::Owned(format!("{} {shade}", duration(time)))),
        false => (paint, Cow::Owned(shade)),
    }
}

/// How hot a time is: up to half the median, up to it, up to one and a half of it, up to three of it, more.
fn level(time: u64, median: u64) -> usize {
    let halves = u128::from(time) * 2;
    let median = u128::from(median.max(1));
    [1, 2, 3, 6].iter().position(|most| halves <= median * most).unwrap_or(4)
}

/// The median of the times that tasks took in a phase.
fn median_of(array: &ArrayView, phase: usize) -> u64 {
    let mut times: Vec<u64> = array.tasks.iter().filter_map(|task| task.phases.get(phase).copied().flatten()).collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

const fn mark(task: &TaskRow) -> (&'static str, Paint) {
    match (task.failed, task.straggler) {
        (true, _) => ("!", Paint::Bad),
        (false, true) => ("*", Paint::Odd),
        (false, false) => (" ", Paint::Plain),
    }
}
