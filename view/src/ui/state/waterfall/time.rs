//! Which part of a trace's time is shown.

use crate::trace::Trace;
use crate::ui::keys::Action;
use crate::ui::state::waterfall::Waterfall;

/// A shorter time than this is not looked at, in nanoseconds.
const SHORTEST: u64 = 100;

impl Waterfall {
    /// The part of the time that is shown, in nanoseconds from the trace's beginning.
    pub(crate) fn shown_time(&self) -> (u64, u64) {
        self.window.unwrap_or((0, self.whole()))
    }

    /// A trace without any length is shown as if it had one.
    fn whole(&self) -> u64 {
        self.bounds.1.saturating_sub(self.bounds.0).max(SHORTEST)
    }

    /// Zooms around the chosen span, and pans.
    pub(super) fn move_in_time(&mut self, action: Action, trace: &Trace) {
        let whole = self.whole();
        let (from, to) = self.shown_time();
        let length = to - from;
        let window = match action {
            Action::ZoomIn => around(self.middle(trace, from, to), (length / 2).max(SHORTEST), whole),
            Action::ZoomOut => around(from + length / 2, length.saturating_mul(2), whole),
            Action::ZoomToSpan => self.of_span(trace),
            Action::PanLeft => starting(from.saturating_sub(length / 4), length, whole),
            Action::PanRight => starting(from.saturating_add(length / 4), length, whole),
            _ => (0, whole),
        };
        self.window = Some(window).filter(|window| *window != (0, whole));
    }

    /// The middle of what is seen of the chosen span; of the window where it is not in it.
    fn middle(&self, trace: &Trace, from: u64, to: u64) -> u64 {
        let (start, end) = self.of_span(trace);
        let (start, end) = (start.max(from), end.min(to));
        if start <= end { start + (end - start) / 2 } else { from + (to - from) / 2 }
    }

    fn of_span(&self, trace: &Trace) -> (u64, u64) {
        let (begin, whole) = (self.bounds.0, self.whole());
        let Some(span) = self.span().and_then(|span| trace.spans().get(span)) else { return (0, whole) };
        let start = span.start.saturating_sub(begin);
        let end = span.end.map_or(whole, |end| end.saturating_sub(begin)).max(start.saturating_add(SHORTEST));
        (start, end)
    }
}

fn around(middle: u64, length: u64, whole: u64) -> (u64, u64) {
    starting(middle.saturating_sub(length / 2), length, whole)
}

fn starting(from: u64, length: u64, whole: u64) -> (u64, u64) {
    let length = length.min(whole);
    let from = from.min(whole - length);
    (from, from + length)
}
