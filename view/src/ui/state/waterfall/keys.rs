//! What the keys do in a waterfall.

use std::collections::HashMap;

use crate::fold::Row;
use crate::span::Span;
use crate::trace::Trace;
use crate::ui::keys::Action;
use crate::ui::state::details::{Asked, Details};
use crate::ui::state::follow::next;
use crate::ui::state::waterfall::{Waterfall, depth, first};

impl Waterfall {
    /// Does what a key asks for; answers with what there is to say about it.
    pub(crate) fn apply(&mut self, action: Action, trace: &Trace, page: usize) -> Option<String> {
        if self.cursor.moved(action, self.rows.len(), page) {
            self.chose(trace);
            return None;
        }
        match action {
            Action::Fold => self.fold(trace, page),
            Action::Unfold => self.unfold(trace, page),
            Action::Toggle => self.toggle(trace, page),
            Action::FoldAll => self.fold_all(trace, page),
            Action::UnfoldAll => self.unfold_all(trace, page),
            Action::Repeats => {
                self.folds_repeats = !self.folds_repeats;
                self.renew(self.trace, trace, page);
            }
            Action::ZoomIn
            | Action::ZoomOut
            | Action::ZoomToSpan
            | Action::ZoomReset
            | Action::PanLeft
            | Action::PanRight => {
                self.move_in_time(action, trace);
            }
            Action::CriticalPath => self.shows_path = !self.shows_path,
            Action::NextError | Action::PreviousError => {
                let forward = action == Action::NextError;
                if !self.go_to(Span::failed, forward, false, trace, page) {
                    return Some("no span of this trace failed".to_owned());
                }
            }
            Action::Open => self.details.get_or_insert_default().has_focus = true,
            Action::ShowDetails => self.details = self.details.is_none().then(Details::default),
            Action::NextLink => return self.next_link(trace),
            _ => {}
        }
        None
    }

    /// Whether the keys go to the details.
    pub(crate) fn is_in_details(&self) -> bool {
        self.details.as_ref().is_some_and(|details| details.has_focus)
    }

    pub(crate) fn leave_details(&mut self) {
        self.details.iter_mut().for_each(|details| details.has_focus = false);
    }

    /// Does what a key asks for in the details.
    pub(crate) fn in_details(&mut self, action: Action, trace: &Trace, size: (u16, u16)) -> Asked {
        if action == Action::ShowDetails {
            self.details = None;
            return Asked::Nothing;
        }
        match (self.span(), &mut self.details) {
            (Some(span), Some(details)) => details.apply(action, trace, span, size),
            _ => Asked::Nothing,
        }
    }

    /// Goes to the next span that has the text in anything that is said of it.
    pub(crate) fn search(&mut self, text: &str, forward: bool, here: bool, trace: &Trace, page: usize) -> bool {
        self.go_to(|span| has_text(span, text), forward, here, trace, page)
    }

    fn go_to(&mut self, is_it: impl Fn(&Span) -> bool, forward: bool, here: bool, trace: &Trace, page: usize) -> bool {
        let order = trace.top_down();
        let places: HashMap<usize, usize> = order.iter().enumerate().map(|(place, span)| (*span, place)).collect();
        let from = self.span().and_then(|span| places.get(&span)).copied().unwrap_or_default();
        let found = next(order.len(), from, forward, here, |place| is_it(&trace.spans()[order[place]]));
        found.into_iter().for_each(|place| self.reveal(order[place], trace, page));
        self.chose(trace);
        found.is_some()
    }

    fn next_link(&mut self, trace: &Trace) -> Option<String> {
        let links = self.span().and_then(|span| trace.spans().get(span)).map_or(0, |span| span.links.len());
        if links == 0 {
            return Some("the span has no links".to_owned());
        }
        let details = self.details.get_or_insert_default();
        details.has_focus = true;
        None
    }

    fn fold(&mut self, trace: &Trace, page: usize) {
        let Some(row) = self.rows.get(self.cursor.at) else { return };
        if self.is_folded(row, trace) == Some(false) {
            return self.toggle(trace, page);
        }
        let level = depth(row);
        let above = self.rows[..self.cursor.at].iter().rposition(|row| depth(row) < level);
        above.into_iter().for_each(|at| self.cursor.go(at, self.rows.len(), page));
        self.chose(trace);
    }

    fn unfold(&mut self, trace: &Trace, page: usize) {
        let Some(row) = self.rows.get(self.cursor.at) else { return };
        match self.is_folded(row, trace) {
            Some(true) => self.toggle(trace, page),
            Some(false) => {
                self.cursor.go(self.cursor.at + 1, self.rows.len(), page);
                self.chose(trace);
            }
            None => {}
        }
    }

    fn toggle(&mut self, trace: &Trace, page: usize) {
        let Some(row) = self.rows.get(self.cursor.at) else { return };
        let id = trace.spans()[first(row)].span_id;
        let set = match row {
            Row::Folded { .. } => &mut self.opened,
            Row::Span { span, .. } if !trace.children(*span).is_empty() => &mut self.folded,
            Row::Span { .. } => return,
        };
        if !set.remove(&id) {
            set.insert(id);
        }
        // The row stays where it is, whatever comes and goes below it.
        let at = self.cursor.at;
        self.arrange(trace, page);
        self.cursor.go(at, self.rows.len(), page);
        self.chose(trace);
    }

    fn fold_all(&mut self, trace: &Trace, page: usize) {
        let below = |span: &usize| trace.parent(*span).is_some() && !trace.children(*span).is_empty();
        self.folded = (0..trace.spans().len()).filter(below).map(|span| trace.spans()[span].span_id).collect();
        self.opened.clear();
        // The chosen span may be hidden now: the one that hides it is chosen.
        let mut chosen = self.span();
        while let Some(parent) = chosen.and_then(|span| trace.parent(span)).filter(|span| trace.parent(*span).is_some())
        {
            chosen = Some(parent);
        }
        self.chosen = chosen.map(|span| trace.spans()[span].span_id);
        self.arrange(trace, page);
    }

    fn unfold_all(&mut self, trace: &Trace, page: usize) {
        self.folded.clear();
        self.folds_repeats = false;
        self.renew(self.trace, trace, page);
    }

    /// Another span is chosen: its details begin at their top.
    fn chose(&mut self, trace: &Trace) {
        let before = self.chosen;
        self.remember(trace);
        if let Some(details) = self.details.as_mut().filter(|_| before != self.chosen) {
            details.begin();
        }
    }
}

fn has_text(span: &Span, text: &str) -> bool {
    let has = |other: &str| other.to_lowercase().contains(text);
    let said = |pairs: &[opentelemetry_proto::tonic::common::v1::KeyValue]| {
        pairs.iter().any(|pair| has(&pair.key) || pair.value.as_ref().is_some_and(|value| has(&crate::text_of(value))))
    };
    has(&span.name)
        || has(span.service())
        || matches!(&span.outcome, crate::Outcome::Error(why) if has(why))
        || has(&span.span_id.to_string())
        || said(&span.attributes)
        || span.events.iter().any(|event| has(&event.name) || said(&event.attributes))
}
