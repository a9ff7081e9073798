//! Tasks as a table, a line each.

use crate::array::{Overview, SIGNS, ending, fit, seconds};
use crate::show;
use spawn_cloud::arrays::{Millis, Task, TaskState};

const HEADER: [&str; 7] = ["INDEX", "STATE", "EXIT", "ATTEMPT", "TIME", "HOST", "RESULT"];
/// What a result gets at least of a line.
const NARROWEST: usize = 12;

/// The tasks by index; the last column, which has what the task left or why it failed, gets what room there is.
pub(super) fn of(tasks: &[Task], now: Millis, width: Option<usize>) -> String {
    if tasks.is_empty() {
        return String::new();
    }
    let rows: Vec<Vec<String>> = tasks.iter().map(|task| row(task, now)).collect();
    let widest = |column: usize| {
        let cells = rows.iter().map(|row| fit(&row[column], None).chars().count());
        cells.max().unwrap_or_default().max(HEADER[column].len()) + 2
    };
    let taken: usize = (0..HEADER.len() - 1).map(widest).sum();
    let room = width.map(|width| width.saturating_sub(taken).max(NARROWEST));
    let rows = rows.into_iter().map(|mut row| {
        let last = row.pop().unwrap_or_default();
        row.push(fit(&last, room));
        row
    });
    show::grid(None, &HEADER, rows)
}

fn row(task: &Task, now: Millis) -> Vec<String> {
    let or_dash = |text: Option<String>| text.filter(|text| !text.is_empty()).unwrap_or_else(|| "-".to_owned());
    let time = seconds(task, now).map(|time| crate::fleet::span(time).unwrap_or_else(|| "0s".to_owned()));
    let result = match task.state {
        TaskState::Succeeded => task.output.clone(),
        _ => task.reason.clone().or_else(|| task.output.clone()),
    };
    // A signal stands in the column of exit codes by its number, as shells tell it.
    let exit = ending(task).map(|ending| ending.trim_start_matches("exit ").to_owned());
    vec![
        task.index.to_string(),
        task.state.to_string(),
        or_dash(exit),
        task.attempt.to_string(),
        or_dash(time.filter(|_| task.attempt > 0)),
        or_dash(task.instance().map(str::to_owned)),
        or_dash(result),
    ]
}

/// The table in one sentence.
pub(super) fn last_words(overview: &Overview) -> String {
    let count = |state| overview.count(state);
    let counts = SIGNS.map(|(state, _)| (count(state), state));
    let counts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, state)| format!("{count} {state}")).collect();
    match overview.tasks.len() {
        0 => format!("no tasks of {} to show", overview.array.id),
        1 => format!("1 task of {}: {}", overview.array.id, counts.join(", ")),
        tasks => format!("{tasks} tasks of {}: {}", overview.array.id, counts.join(", ")),
    }
}
