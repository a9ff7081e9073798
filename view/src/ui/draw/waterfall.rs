//! Draws the waterfall: the tree on the left, its time on the right.

mod bar;

use ratatui::layout::Rect;

use crate::fold::Row;
use crate::text::units::duration;
use crate::trace::Trace;
use crate::ui::draw::pen::{Hue, Pen, line};
use crate::ui::layout::Layout;
use crate::ui::state::State;
use crate::ui::state::waterfall::{Waterfall, depth, first};

/// Columns of a duration.
const TOOK: u16 = 8;
/// A tree of so many columns sets each level in by two.
const ROOMY: u16 = 40;

pub(crate) fn draw(state: &State, layout: Layout, pen: &mut Pen<'_>) {
    let (Some(waterfall), Some(trace)) = (&state.waterfall, state.trace()) else {
        pen.put(line(layout.lines, 0), layout.lines.x, "no trace is chosen", pen.style(Hue::Plain));
        return;
    };
    let failed = state.loaded.summaries.get(waterfall.trace).map_or(0, |summary| summary.errors);
    axis(waterfall, (trace.spans().len(), failed), layout.title, pen);
    let rows = &waterfall.rows;
    for (number, at) in waterfall.cursor.shown(rows.len(), usize::from(layout.lines.height)).enumerate() {
        let area = line(layout.lines, number);
        row(waterfall, trace, &rows[at], area, pen);
        if at == waterfall.cursor.at {
            let [tree, took, _] = places(area);
            pen.choose(Rect { width: tree.width + 1 + took.width, ..tree });
        }
    }
}

/// Tree, duration and bar.
fn places(area: Rect) -> [Rect; 3] {
    let tree = (area.width * 2 / 5).clamp(20, 70).min(area.width);
    let took = TOOK.min(area.width.saturating_sub(tree + 1));
    let bar = area.width.saturating_sub(tree + took + 2);
    [
        Rect { width: tree, ..area },
        Rect { x: (area.x + tree + 1).min(area.right()), width: took, ..area },
        Rect { x: area.right() - bar, width: bar, ..area },
    ]
}

/// Columns before a row's sign. Deep spans are not pushed out of the tree: beyond its half, the depth is a number.
fn indent(row: &Row, tree: Rect) -> Option<u16> {
    let columns = depth(row).saturating_mul(if tree.width >= ROOMY { 2 } else { 1 });
    u16::try_from(columns).ok().filter(|columns| *columns <= tree.width / 2)
}

/// Whether the sign that folds this row is in this column.
pub(crate) fn is_sign(row: &Row, area: Rect, column: u16) -> bool {
    let [tree, ..] = places(area);
    column == tree.x + indent(row, tree).unwrap_or(tree.width / 2)
}

fn axis(waterfall: &Waterfall, (spans, failed): (usize, usize), area: Rect, pen: &mut Pen<'_>) {
    let [tree, took, bar] = places(area);
    let (title, faint) = (pen.style(Hue::Title), pen.style(Hue::Faint));
    let text = format!("{} rows of {} spans", waterfall.rows.len(), spans);
    let x = pen.put(tree, tree.x, &text, title);
    if failed > 0 {
        let text = format!(" {} {failed}", pen.marks().bad);
        pen.put(tree, x, &text, pen.style(Hue::Bad));
    }
    pen.right(took, took.x, "took", title);
    let (from, to) = waterfall.shown_time();
    // A tick each twenty columns, at the place that it names.
    let ticks = (bar.width / 20).max(1);
    for tick in 0..ticks {
        let at = u128::from(to - from) * u128::from(tick) / u128::from(ticks) + u128::from(from);
        let x = bar.x + bar.width / ticks * tick;
        let area = Rect { width: (bar.width / ticks).saturating_sub(1), x, ..bar };
        pen.put(area, x, &format!("{}{}", pen.marks().wall, duration(u64::try_from(at).unwrap_or(u64::MAX))), faint);
    }
    if ticks > 1 || bar.width > 18 {
        let end = Rect { x: bar.right().saturating_sub(9).max(bar.x), width: bar.width.min(9), ..bar };
        pen.right(end, end.x, &duration(to), faint);
    }
}

fn row(waterfall: &Waterfall, trace: &Trace, row: &Row, area: Rect, pen: &mut Pen<'_>) {
    let [tree, took, bar] = places(area);
    let span = &trace.spans()[first(row)];
    let marks = pen.marks();
    let (plain, faint) = (pen.style(Hue::Plain), pen.style(Hue::Faint));
    let mut x = tree.x;
    match indent(row, tree) {
        Some(columns) => x += columns,
        None => x = pen.put(tree, x, &format!("{:>1$}", depth(row), usize::from(tree.width / 2)), faint),
    }
    let sign = match waterfall.is_folded(row, trace) {
        Some(true) => marks.folded,
        Some(false) => marks.unfolded,
        None => " ",
    };
    x = pen.put(tree, x, sign, plain);
    if span.failed() {
        x = pen.put(tree, x, marks.bad, pen.style(Hue::Bad));
    }
    let name = if span.name.is_empty() { "(no name)" } else { &span.name };
    let (name, length) = match row {
        Row::Folded { spans, .. } => {
            let ends = spans.iter().map(|span| trace.spans()[*span].duration().unwrap_or_default());
            (format!("{name} {}{}", marks.times, spans.len()), Some(ends.sum()))
        }
        Row::Span { .. } => (name.to_owned(), span.duration()),
    };
    x = pen.put(tree, x, &name, if span.failed() { pen.style(Hue::Bad) } else { plain });
    if x + 1 < tree.right() && waterfall.names_service(row, trace) {
        pen.put(tree, x + 1, span.service(), faint);
    }
    let text = length.map_or_else(|| "open".to_owned(), duration);
    pen.right(took, took.x, &text, plain);
    bar::draw(waterfall, trace, row, bar, pen);
}
