//! Why tasks failed: each reason once, with the tasks that it holds for.

use std::collections::BTreeMap;

use crate::array::ArrayView;
use crate::text::line::wrapped;
use crate::text::paper::{Paint, Paper};
use crate::text::units::count;

/// Reasons that are told, and tasks that are named for each.
const REASONS: usize = 8;
const NAMED: usize = 10;

/// Writes the reasons, that of the most tasks first.
pub(super) fn causes(array: &ArrayView, paper: &Paper, to: &mut String) {
    let mut of: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for task in array.tasks.iter().filter(|task| task.failed) {
        of.entry(task.cause.as_deref().unwrap_or("for no reason that was given")).or_default().push(task.index);
    }
    let mut reasons: Vec<(&str, Vec<u32>)> = of.into_iter().collect();
    reasons.sort_by_key(|(_, tasks)| std::cmp::Reverse(tasks.len()));
    for (reason, tasks) in reasons.iter().take(REASONS) {
        let named: Vec<String> = tasks.iter().take(NAMED).map(u32::to_string).collect();
        let more = if tasks.len() > NAMED { ", and others" } else { "" };
        let number = count(tasks.len() as u64, "task", "tasks");
        let text = format!("! {number} ({}{more}): {reason}", named.join(", "));
        wrapped(paper, "", Paint::Bad, &text, 4, to);
    }
    if reasons.len() > REASONS {
        wrapped(paper, "", Paint::Dim, &format!("and {} other reasons", reasons.len() - REASONS), 1, to);
    }
}
