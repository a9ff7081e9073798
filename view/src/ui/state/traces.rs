//! The list of traces: what it shows, in which order.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use opentelemetry::trace::TraceId;

use crate::search::{Query, Summary};
use crate::ui::cursor::Cursor;
use crate::ui::keys::Action;
use crate::ui::state::follow::next;
use crate::ui::state::loaded::Loaded;

/// How slow is slow, one press after the other, in nanoseconds.
const SLOW: [u64; 4] = [100_000_000, 1_000_000_000, 10_000_000_000, 60_000_000_000];

/// What the list is sorted by, its greatest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Order {
    #[default]
    Began,
    Duration,
    Spans,
    Errors,
    Name,
}

/// The list of traces.
#[derive(Debug, Default)]
pub(crate) struct TracesTab {
    pub(crate) cursor: Cursor,
    pub(crate) order: Order,
    pub(crate) reversed: bool,
    pub(crate) errors_only: bool,
    pub(crate) slower_than: Option<u64>,
    pub(crate) service: Option<String>,
    rows: Vec<usize>,
    chosen: Option<TraceId>,
}

impl TracesTab {
    /// The traces that are shown.
    pub(crate) fn shown(&self) -> &[usize] {
        &self.rows
    }

    /// The chosen one.
    pub(crate) fn chosen(&self) -> Option<usize> {
        self.rows.get(self.cursor.at).copied()
    }

    /// Whether some may be hidden.
    pub(crate) const fn is_filtered(&self) -> bool {
        self.errors_only || self.slower_than.is_some() || self.service.is_some()
    }

    pub(crate) fn apply(&mut self, action: Action, loaded: &Loaded, page: usize) {
        if self.cursor.moved(action, self.rows.len(), page) {
            self.remember(loaded);
            return;
        }
        match action {
            Action::Sort => {
                self.order = self.order.next();
                self.reversed = false;
            }
            Action::Reverse => self.reversed = !self.reversed,
            Action::ErrorsOnly => self.errors_only = !self.errors_only,
            Action::SlowOnly => {
                self.slower_than = match self.slower_than {
                    None => SLOW.first().copied(),
                    Some(now) => SLOW.iter().copied().find(|slow| *slow > now),
                };
            }
            Action::Service => self.service = next_service(self.service.as_deref(), &loaded.summaries),
            Action::ShowAll => (self.errors_only, self.slower_than, self.service) = (false, None, None),
            _ => return,
        }
        self.arrange(loaded, page);
    }

    /// Sorts by this, or by the same the other way round.
    pub(crate) fn sort_by(&mut self, order: Order, loaded: &Loaded, page: usize) {
        self.reversed = self.order == order && !self.reversed;
        self.order = order;
        self.arrange(loaded, page);
    }

    /// Shows the traces of one service only.
    pub(crate) fn only_service(&mut self, service: &str, loaded: &Loaded, page: usize) {
        self.service = Some(service.to_owned());
        self.arrange(loaded, page);
    }

    /// Chooses a trace if it is shown.
    pub(crate) fn choose(&mut self, trace: usize, page: usize) {
        if let Some(at) = self.rows.iter().position(|row| *row == trace) {
            self.cursor.go(at, self.rows.len(), page);
        }
    }

    /// Filters and sorts anew; the chosen trace stays chosen.
    pub(crate) fn arrange(&mut self, loaded: &Loaded, page: usize) {
        let summaries = &loaded.summaries;
        self.rows = (0..summaries.len()).filter(|row| self.shows(&summaries[*row])).collect();
        let of = |row: &usize| &summaries[*row];
        match self.order {
            Order::Began => self.rows.sort_by_key(|row| Reverse(of(row).start)),
            Order::Duration => self.rows.sort_by_key(|row| Reverse(of(row).duration)),
            Order::Spans => self.rows.sort_by_key(|row| Reverse(of(row).spans)),
            Order::Errors => self.rows.sort_by_key(|row| Reverse(of(row).errors)),
            Order::Name => self.rows.sort_by_key(|row| &of(row).name),
        }
        if self.reversed {
            self.rows.reverse();
        }
        let chosen = self.chosen.and_then(|id| loaded.place_of(id));
        let at = self.rows.iter().position(|row| Some(*row) == chosen).unwrap_or(0);
        self.cursor.go(at, self.rows.len(), page);
    }

    pub(crate) fn keep_in_view(&mut self, page: usize) {
        self.cursor.go(self.cursor.at, self.rows.len(), page);
    }

    /// Goes to the next trace that has the text anywhere.
    pub(crate) fn search(&mut self, text: &str, forward: bool, here: bool, loaded: &Loaded, page: usize) -> bool {
        let query = Query { text: Some(text.to_owned()), ..Query::default() };
        let rows = &self.rows;
        let has = |at: usize| loaded.traces.get(rows[at]).is_some_and(|trace| query.matches(trace));
        let found = next(rows.len(), self.cursor.at, forward, here, has);
        let count = rows.len();
        found.into_iter().for_each(|at| self.cursor.go(at, count, page));
        self.remember(loaded);
        found.is_some()
    }

    fn shows(&self, summary: &Summary) -> bool {
        (!self.errors_only || summary.errors > 0)
            && self.slower_than.is_none_or(|least| summary.duration > least)
            && self.service.as_ref().is_none_or(|service| summary.services.contains(service))
    }

    fn remember(&mut self, loaded: &Loaded) {
        self.chosen = self.chosen().and_then(|row| loaded.summaries.get(row)).map(|summary| summary.id);
    }
}

impl Order {
    const fn next(self) -> Self {
        match self {
            Self::Began => Self::Duration,
            Self::Duration => Self::Spans,
            Self::Spans => Self::Errors,
            Self::Errors => Self::Name,
            Self::Name => Self::Began,
        }
    }
}

fn next_service(now: Option<&str>, summaries: &[Summary]) -> Option<String> {
    let all: BTreeSet<&str> = summaries.iter().flat_map(|summary| &summary.services).map(String::as_str).collect();
    let next = all.into_iter().find(|service| now.is_none_or(|now| *service > now));
    next.map(str::to_owned)
}
