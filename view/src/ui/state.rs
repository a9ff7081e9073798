//! What is looked at: everything that the keys change, apart from the terminal and from drawing.

mod apply;
pub(crate) mod array;
pub(crate) mod details;
pub(crate) mod follow;
pub(crate) mod loaded;
pub(crate) mod map;
mod mouse;
pub(crate) mod traces;
pub(crate) mod waterfall;

use std::collections::VecDeque;

use opentelemetry::trace::{SpanId, TraceId};

use crate::trace::Trace;
use crate::ui::cursor::Cursor;
use crate::ui::keys::Place;
use crate::ui::layout::Layout;
use array::ArrayTab;
use loaded::Loaded;
use map::MapTab;
use traces::TracesTab;
use waterfall::Waterfall;

/// How many lines of standard error are shown.
const MOST_TOLD: usize = 1_000;
/// How many places the way back remembers.
const WAY_BACK: usize = 100;

/// What is in front.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tab {
    #[default]
    Traces,
    Waterfall,
    Map,
    Array,
}

/// What lies over the tab.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Overlay {
    #[default]
    None,
    Help(Cursor),
    Notes(Cursor),
    /// A text to search for, as far as it is typed.
    Prompt(String),
}

/// What is left to do outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    None,
    Quit,
    Suspend,
    Redraw,
    Reload,
}

/// How it looks, which no key changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Colours beside the marks that say the same.
    pub colour: bool,
    /// Marks and bars beyond ASCII.
    pub unicode: bool,
    /// What is read is read again, for as long as the view is open.
    pub follows: bool,
}

/// Everything that is drawn.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) loaded: Loaded,
    pub(crate) look: Look,
    pub(crate) size: (u16, u16),
    pub(crate) tab: Tab,
    pub(crate) overlay: Overlay,
    pub(crate) traces: TracesTab,
    pub(crate) waterfall: Option<Waterfall>,
    pub(crate) map: MapTab,
    pub(crate) array: ArrayTab,
    /// What was searched for last, in lower case.
    pub(crate) sought: String,
    /// One line about what the last key did.
    pub(crate) message: String,
    /// A reading is under way that takes longer than a moment.
    pub(crate) is_reading: bool,
    /// Lines that others wrote to standard error meanwhile.
    pub(crate) told: VecDeque<String>,
    pub(crate) back: Vec<(TraceId, SpanId)>,
}

impl State {
    /// The view of what was read, on a terminal of this size.
    pub(crate) fn new(loaded: Loaded, look: Look, size: (u16, u16)) -> Self {
        let mut state = Self { look, size, ..Self::default() };
        state.reload(loaded);
        if state.loaded.traces.len() == 1 {
            state.open_trace(0);
        }
        state
    }

    /// Another reading of the same: whatever was chosen, folded or zoomed stays so.
    pub(crate) fn reload(&mut self, loaded: Loaded) {
        self.loaded = loaded;
        self.traces.arrange(&self.loaded, self.page());
        let page = self.page();
        if let Some(mut waterfall) = self.waterfall.take()
            && let Some(trace) = self.loaded.place_of(waterfall.id)
        {
            waterfall.renew(trace, &self.loaded.traces[trace], page);
            self.waterfall = Some(waterfall);
        }
        self.map.forget();
        self.arrange_map();
        self.array.arrange(&self.loaded, page);
    }

    /// Another size of the terminal.
    pub(crate) fn resize(&mut self, width: u16, height: u16) {
        self.size = (width, height);
        self.keep_in_view();
    }

    /// Where the keys go.
    pub(crate) fn place(&self) -> Place {
        match self.tab {
            Tab::Traces => Place::Traces,
            Tab::Waterfall if self.waterfall.as_ref().is_some_and(Waterfall::is_in_details) => Place::Details,
            Tab::Waterfall => Place::Waterfall,
            Tab::Map => Place::Map,
            Tab::Array => Place::Array,
        }
    }

    /// Which part of the terminal shows what.
    pub(crate) fn layout(&self) -> Layout {
        let has_details = self.waterfall.as_ref().is_some_and(|waterfall| waterfall.details.is_some());
        Layout::of(self.size, self.tab == Tab::Waterfall && has_details)
    }

    /// How many lines of the tab are shown.
    pub(crate) fn page(&self) -> usize {
        usize::from(self.layout().lines.height)
    }

    /// Says what others wrote to standard error: the last line at once, all of them among the notes.
    pub(crate) fn tell(&mut self, lines: VecDeque<String>) {
        self.told.extend(lines);
        let forgotten = self.told.len().saturating_sub(MOST_TOLD);
        self.told.drain(..forgotten);
        self.message = match (self.told.len(), self.told.back()) {
            (_, None) => return,
            (1, Some(line)) => line.clone(),
            (count, Some(line)) => format!("{count} messages (i), the last: {line}"),
        };
    }

    /// Chosen lines are shown, whatever the page is now.
    fn keep_in_view(&mut self) {
        let page = self.page();
        match self.tab {
            Tab::Traces => self.traces.keep_in_view(page),
            Tab::Waterfall => {
                if let Some(waterfall) = &mut self.waterfall {
                    waterfall.keep_in_view(page);
                }
            }
            Tab::Map => self.map.keep_in_view(page),
            Tab::Array => self.array.keep_in_view(page),
        }
    }

    /// The map is made where it is looked at, and once for what it shows.
    fn arrange_map(&mut self) {
        if self.tab == Tab::Map {
            let one = self.waterfall.as_ref().map(|waterfall| waterfall.trace).or(self.traces.chosen());
            let page = self.page();
            self.map.arrange(&self.loaded, one, self.traces.shown(), page);
        }
    }

    /// The trace that is looked at.
    pub(crate) fn trace(&self) -> Option<&Trace> {
        self.loaded.traces.get(self.waterfall.as_ref()?.trace)
    }

    /// How many notes there are.
    pub(crate) fn notes_count(&self) -> usize {
        self.told.len() + self.loaded.problems.len() + self.trace().map_or(0, |trace| trace.notes().len())
    }

    /// What others wrote meanwhile, what was wrong with what was read, and with the trace that is looked at.
    pub(crate) fn notes(&self) -> Vec<String> {
        let of_trace = self.trace().into_iter().flat_map(|trace| {
            trace.notes().iter().map(|note| match note.span.and_then(|span| trace.spans().get(span)) {
                Some(span) => format!("{}: {}", span.name, note.text),
                None => note.text.clone(),
            })
        });
        self.told.iter().chain(&self.loaded.problems).cloned().chain(of_trace).collect()
    }
}

impl Tab {
    pub(crate) const ALL: [Self; 4] = [Self::Traces, Self::Waterfall, Self::Map, Self::Array];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Traces => "Traces",
            Self::Waterfall => "Waterfall",
            Self::Map => "Map",
            Self::Array => "Array",
        }
    }
}
