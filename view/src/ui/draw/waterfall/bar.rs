//! Draws the time of one row.

use ratatui::layout::Rect;

use crate::fold::Row;
use crate::trace::Trace;
use crate::ui::draw::pen::{Hue, Pen};
use crate::ui::state::waterfall::{Waterfall, first};

pub(super) fn draw(waterfall: &Waterfall, trace: &Trace, row: &Row, area: Rect, pen: &mut Pen<'_>) {
    let scale = Scale::of(waterfall, area);
    let one = [first(row)];
    let spans = match row {
        Row::Folded { spans, .. } => spans.as_slice(),
        Row::Span { .. } => &one,
    };
    let hue = if trace.spans()[one[0]].failed() { Hue::Bad } else { Hue::Service(service(trace, one[0])) };
    let style = pen.style(hue);
    let marks = pen.marks();
    let (mut before, mut after) = (false, false);
    for &at in spans {
        let span = &trace.spans()[at];
        let end = span.end.unwrap_or(waterfall.bounds.1).max(span.start);
        let Some((from, to)) = scale.cells(span.start, end) else {
            (before, after) = (before || end <= scale.begin, after || end > scale.begin);
            continue;
        };
        let mark = if waterfall.shows_path { marks.beside_path } else { marks.bar };
        (from..to).for_each(|x| pen.mark(x, area.y, mark, style));
        if span.end.is_none() {
            pen.mark(to - 1, area.y, marks.open_end, style);
        }
    }
    if waterfall.shows_path {
        let stretches = spans.iter().filter_map(|span| waterfall.path.get(span)).flatten();
        for (from, to) in stretches.filter_map(|(from, to)| scale.cells(*from, *to)) {
            (from..to).for_each(|x| pen.mark(x, area.y, marks.bar, style));
        }
    }
    // A bar beyond the window is told at the side where it is.
    let faint = pen.style(Hue::Faint);
    if before && area.width > 0 {
        pen.mark(area.x, area.y, marks.before, faint);
    }
    if after && area.width > 0 {
        pen.mark(area.right() - 1, area.y, marks.after, faint);
    }
}

/// From instants to columns.
struct Scale {
    /// The first instant that is shown, nanoseconds since 1970.
    begin: u64,
    length: u64,
    area: Rect,
}

impl Scale {
    fn of(waterfall: &Waterfall, area: Rect) -> Self {
        let (from, to) = waterfall.shown_time();
        Self { begin: waterfall.bounds.0.saturating_add(from), length: to - from, area }
    }

    /// The cells of a time, at least one; none if it is not shown.
    fn cells(&self, from: u64, to: u64) -> Option<(u16, u16)> {
        let width = self.area.width;
        let last = self.begin.saturating_add(self.length);
        if width == 0 || from > last || (to < self.begin) || (to == self.begin && from < to) {
            return None;
        }
        let cell = |at: u64, up: u64| {
            let offset = u128::from(at.clamp(self.begin, last) - self.begin) * u128::from(width);
            let length = u128::from(self.length.max(1));
            let cell = if up == 1 { offset.div_ceil(length) } else { offset / length };
            u16::try_from(cell).unwrap_or(width).min(width)
        };
        let first = cell(from, 0).min(width - 1);
        let end = cell(to, 1).max(first + 1);
        Some((self.area.x + first, self.area.x + end))
    }
}

/// A number that is the same for each span of a service.
fn service(trace: &Trace, span: usize) -> usize {
    trace.spans()[span]
        .service()
        .bytes()
        .fold(0, |sum: usize, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)))
}
