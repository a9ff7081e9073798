//! Draws the heat map of a job array: tasks by phases, the hotter the longer.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::array::{ArrayView, TaskRow};
use crate::text::units::duration;
use crate::ui::draw::pen::{Hue, Pen, line};
use crate::ui::layout::Layout;
use crate::ui::state::State;

/// Columns before the phases: index, outcome, attempts.
const HEAD: u16 = 26;

pub(crate) fn draw(state: &State, layout: Layout, pen: &mut Pen<'_>) {
    let tab = &state.array;
    let Some(view) = tab.view(&state.loaded) else {
        pen.put(line(layout.lines, 0), layout.lines.x, "no job array is in these traces", pen.style(Hue::Plain));
        return;
    };
    title(state, view, layout.title, pen);
    for (number, at) in tab.cursor.shown(tab.rows.len(), usize::from(layout.lines.height)).enumerate() {
        let area = line(layout.lines, number);
        if let Some(task) = tab.task(at, &state.loaded) {
            row(task, &tab.longest, area, pen);
        }
        if at == tab.cursor.at {
            pen.choose(Rect { width: area.width.min(HEAD), ..area });
        }
    }
}

/// A cell for each phase and one for all, as wide as there is room for.
fn cells(area: Rect, count: usize) -> Vec<Rect> {
    let left = area.width.saturating_sub(HEAD + 1);
    let count = u16::try_from(count).unwrap_or(u16::MAX).max(1);
    let width = (left / count).min(16);
    (0..count)
        .map(|cell| Rect { x: area.x + HEAD + 1 + cell * width, width: width.saturating_sub(1), ..area })
        .filter(|cell| cell.right() <= area.right())
        .collect()
}

fn title(state: &State, view: &ArrayView, area: Rect, pen: &mut Pen<'_>) {
    let style = pen.style(Hue::Title);
    let head = Rect { width: HEAD.min(area.width), ..area };
    let (number, count) = (state.array.array + 1, state.loaded.arrays.len());
    let of = if count > 1 { format!(" {number}/{count}") } else { String::new() };
    let failed = view.tasks.iter().filter(|task| task.failed).count();
    let bad = if failed > 0 { format!(" {} {failed}", pen.marks().bad) } else { String::new() };
    pen.put(head, head.x, &format!("{}{of}: {}{bad}", view.name, view.tasks.len()), style);
    let names = view.phases.iter().map(String::as_str).chain(["all"]);
    for (cell, name) in cells(area, view.phases.len() + 1).into_iter().zip(names) {
        pen.put(cell, cell.x, name, style);
    }
}

fn row(task: &TaskRow, longest: &[u64], area: Rect, pen: &mut Pen<'_>) {
    let head = Rect { width: HEAD.min(area.width), ..area };
    let hue = if task.failed {
        Hue::Bad
    } else if task.straggler {
        Hue::Warn
    } else {
        Hue::Plain
    };
    let style = pen.style(hue);
    let sign = if task.failed {
        pen.marks().bad
    } else if task.straggler {
        "slow"
    } else {
        ""
    };
    let again =
        if task.attempts.len() > 1 { format!(" {}{}", pen.marks().times, task.attempts.len()) } else { String::new() };
    pen.put(head, head.x, &format!("[{}] {}{again} {sign}", task.index, task.outcome), style);
    let times = task.phases.iter().copied().chain([Some(task.total)]);
    for ((cell, time), longest) in cells(area, longest.len()).into_iter().zip(times).zip(longest) {
        heat(time, *longest, cell, style, pen);
    }
}

/// A cell: how long it took, before shades that say how much that is of the longest.
fn heat(time: Option<u64>, longest: u64, cell: Rect, style: Style, pen: &mut Pen<'_>) {
    let Some(time) = time else { return };
    let marks = pen.marks();
    let shades = marks.heat.len() as u128;
    // Rounded up: what took any time at all is not cold.
    let shade = (u128::from(time) * (shades - 1)).div_ceil(u128::from(longest.max(1)));
    let mark = marks.heat[usize::try_from(shade).unwrap_or(0).min(marks.heat.len() - 1)];
    let text = if cell.width >= 10 { duration(time) } else { String::new() };
    let x = pen.put(cell, cell.x, &text, style);
    let from = if text.is_empty() { cell.x } else { x.max(cell.x + 8) + 1 };
    (from..cell.right()).for_each(|x| pen.mark(x, cell.y, mark, style));
}
