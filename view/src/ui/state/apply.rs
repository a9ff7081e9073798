//! What keys do: here what they do everywhere, and which tab has the others.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::ui::cursor::Cursor;
use crate::ui::keys::{Action, action};
use crate::ui::state::{Effect, Overlay, State, Tab, details};

impl State {
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

    pub(super) fn go_to_tab(&mut self, number: usize) {
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
}
