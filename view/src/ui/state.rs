//! What is looked at: everything that the keys change, apart from the terminal and from drawing.

pub(crate) mod array;
pub(crate) mod details;
pub(crate) mod follow;
pub(crate) mod loaded;
pub(crate) mod map;
pub(crate) mod traces;
pub(crate) mod waterfall;

use opentelemetry::trace::{SpanId, TraceId};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::trace::Trace;
use crate::ui::cursor::Cursor;
use crate::ui::keys::{Action, Place, action};
use crate::ui::layout::Layout;
use array::ArrayTab;
use loaded::Loaded;
use map::MapTab;
use traces::TracesTab;
use waterfall::Waterfall;

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

    /// How many lines of the tab are shown.
    pub(crate) fn page(&self) -> usize {
        let has_details = self.waterfall.as_ref().is_some_and(|waterfall| waterfall.details.is_some());
        let layout = Layout::of(self.size, self.tab == Tab::Waterfall && has_details);
        usize::from(layout.lines.height)
    }

    /// What a key does.
    pub(crate) fn key(&mut self, key: KeyEvent) -> Effect {
        self.message.clear();
        if let Overlay::Prompt(text) = &mut self.overlay {
            match (key.code, key.modifiers.contains(KeyModifiers::CONTROL)) {
                (KeyCode::Char('c'), true) | (KeyCode::Esc, _) => self.overlay = Overlay::None,
                (KeyCode::Char('u'), true) => text.clear(),
                (KeyCode::Char(character), false) => text.push(character),
                (KeyCode::Backspace, _) if text.pop().is_none() => self.overlay = Overlay::None,
                (KeyCode::Enter, _) => {
                    let text = std::mem::take(text).to_lowercase();
                    self.overlay = Overlay::None;
                    if !text.is_empty() {
                        self.sought = text;
                    }
                    self.search(true, true);
                }
                _ => {}
            }
            return Effect::None;
        }
        match action(key, self.place()) {
            Some(action) => self.apply(action),
            None => {
                self.overlay = Overlay::None;
                Effect::None
            }
        }
    }

    /// What an action does.
    pub(crate) fn apply(&mut self, action: Action) -> Effect {
        if action != Action::Suspend && self.in_overlay(action) {
            return Effect::None;
        }
        let outside = match action {
            Action::Quit => Effect::Quit,
            Action::Suspend => Effect::Suspend,
            Action::Redraw => Effect::Redraw,
            Action::Reload => Effect::Reload,
            _ => Effect::None,
        };
        if outside != Effect::None {
            return outside;
        }
        match action {
            Action::Help => self.overlay = Overlay::Help(Cursor::default()),
            Action::Notes => self.overlay = Overlay::Notes(Cursor::default()),
            Action::Search => self.overlay = Overlay::Prompt(String::new()),
            Action::NextMatch => self.search(true, false),
            Action::PreviousMatch => self.search(false, false),
            Action::NextTab => self.go_to_tab(self.tab as usize + 1),
            Action::PreviousTab => self.go_to_tab(self.tab as usize + Tab::ALL.len() - 1),
            Action::Tab(number) => self.go_to_tab(number),
            Action::Back => self.go_back(),
            _ => self.in_tab(action),
        }
        Effect::None
    }

    /// Help and notes take the keys that move, and go with the others.
    fn in_overlay(&mut self, action: Action) -> bool {
        let page = usize::from(self.size.1).saturating_sub(4);
        let count = match self.overlay {
            Overlay::Help(_) => crate::ui::draw::help::lines().len(),
            Overlay::Notes(_) => self.notes().len(),
            Overlay::None | Overlay::Prompt(_) => return false,
        };
        if let Overlay::Help(cursor) | Overlay::Notes(cursor) = &mut self.overlay {
            // These have no chosen line: a key moves the page.
            let last = count.saturating_sub(page);
            if cursor.moved(action, last + 1, 1) {
                return true;
            }
        }
        self.overlay = Overlay::None;
        true
    }

    fn in_tab(&mut self, action: Action) {
        let page = self.page();
        match self.tab {
            Tab::Traces => match (action, self.traces.chosen()) {
                (Action::Open, Some(trace)) => self.open_trace(trace),
                _ => self.traces.apply(action, &self.loaded, page),
            },
            Tab::Waterfall => self.in_waterfall(action),
            Tab::Map => self.in_map(action, page),
            Tab::Array => self.in_array(action, page),
        }
        self.keep_in_view();
    }

    fn in_waterfall(&mut self, action: Action) {
        let (size, page) = (self.size, self.page());
        let Some(waterfall) = &mut self.waterfall else { return };
        let Some(trace) = self.loaded.traces.get(waterfall.trace) else { return };
        if !waterfall.is_in_details() {
            self.message = waterfall.apply(action, trace, page).unwrap_or_default();
            if action != Action::NextLink || !waterfall.is_in_details() {
                return;
            }
        }
        match waterfall.in_details(action, trace, size) {
            details::Asked::Nothing => {}
            details::Asked::Follow(link) => self.follow(link),
            details::Asked::Say(text) => self.message = text.to_owned(),
        }
    }

    fn in_map(&mut self, action: Action, page: usize) {
        match action {
            Action::Open => {
                if let Some(service) = self.map.chosen_service() {
                    self.traces.only_service(service, &self.loaded, page);
                    self.tab = Tab::Traces;
                }
            }
            Action::Scope => {
                self.map.all = !self.map.all;
                self.arrange_map();
            }
            _ => self.map.apply(action, page),
        }
    }

    fn in_array(&mut self, action: Action, page: usize) {
        match (action, self.array.chosen(&self.loaded)) {
            (Action::Open, Some((trace, span))) => self.open_span(trace, span),
            _ => self.message = self.array.apply(action, &self.loaded, page).unwrap_or_default(),
        }
    }

    fn go_to_tab(&mut self, number: usize) {
        self.tab = Tab::ALL[number % Tab::ALL.len()];
        if self.tab == Tab::Waterfall
            && self.waterfall.is_none()
            && let Some(trace) = self.traces.chosen()
        {
            self.open_trace(trace);
        }
        self.arrange_map();
        self.keep_in_view();
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
        self.loaded.problems.len() + self.trace().map_or(0, |trace| trace.notes().len())
    }

    /// What was wrong with what was read, and with the trace that is looked at.
    pub(crate) fn notes(&self) -> Vec<String> {
        let of_trace = self.trace().into_iter().flat_map(|trace| {
            trace.notes().iter().map(|note| match note.span.and_then(|span| trace.spans().get(span)) {
                Some(span) => format!("{}: {}", span.name, note.text),
                None => note.text.clone(),
            })
        });
        self.loaded.problems.iter().cloned().chain(of_trace).collect()
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
