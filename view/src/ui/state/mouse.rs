//! What the mouse does: a click chooses, one on what is chosen opens it, the wheel moves in what it is over.

use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use crate::ui::cursor::Cursor;
use crate::ui::draw;
use crate::ui::keys::Action;
use crate::ui::state::{Overlay, State, Tab};

impl State {
    /// What a click or a turn of the wheel does; buttons other than the left one do nothing.
    pub(crate) fn mouse(&mut self, event: MouseEvent) {
        let at = Position::new(event.column, event.row);
        match event.kind {
            MouseEventKind::ScrollUp => self.wheel(Action::WheelUp, at),
            MouseEventKind::ScrollDown => self.wheel(Action::WheelDown, at),
            MouseEventKind::Down(MouseButton::Left) => self.click(at),
            _ => {}
        }
    }

    fn wheel(&mut self, action: Action, at: Position) {
        if !matches!(self.overlay, Overlay::Prompt(_)) {
            if self.overlay == Overlay::None {
                self.go_to_part(at);
            }
            // Neither of the two leads outside.
            let _none = self.apply(action);
        }
    }

    fn click(&mut self, at: Position) {
        self.message.clear();
        if self.overlay != Overlay::None {
            self.overlay = Overlay::None;
            return;
        }
        let layout = self.layout();
        if layout.header.contains(at) {
            draw::tab_at(at.x).into_iter().for_each(|tab| self.go_to_tab(tab));
        } else if layout.title.contains(at) {
            self.sort_at(layout.title, at);
        } else if layout.lines.contains(at) {
            self.go_to_part(at);
            let (cursor, count) = self.rows();
            self.choose(cursor, count, layout.lines, at);
        } else if layout.details.contains(at) {
            self.go_to_part(at);
            let cursor = self.waterfall.as_ref().and_then(|waterfall| waterfall.details.as_ref());
            let cursor = cursor.map_or_else(Cursor::default, |details| details.cursor);
            self.choose(cursor, usize::MAX, layout.details, at);
        }
    }

    /// The keys go to the part of the waterfall that the mouse is in.
    fn go_to_part(&mut self, at: Position) {
        let is_in_details = self.layout().details.contains(at);
        let details = self.waterfall.as_mut().and_then(|waterfall| waterfall.details.as_mut());
        details.into_iter().for_each(|details| details.has_focus = is_in_details);
    }

    fn sort_at(&mut self, title: Rect, at: Position) {
        let page = self.page();
        match self.tab {
            Tab::Traces => {
                let order = draw::traces::order_at(title, at);
                order.into_iter().for_each(|order| self.traces.sort_by(order, &self.loaded, page));
            }
            Tab::Map => {
                let order = draw::map::order_at(title, at);
                order.into_iter().for_each(|order| self.map.sort_by(order, page));
            }
            Tab::Waterfall | Tab::Array => {}
        }
    }

    fn choose(&mut self, cursor: Cursor, count: usize, area: Rect, at: Position) {
        let line = cursor.top + usize::from(at.y - area.y);
        if line >= count {
            return;
        }
        let is_sign = self.tab == Tab::Waterfall
            && self.layout().lines.contains(at)
            && self.waterfall.as_ref().is_some_and(|of| draw::waterfall::is_sign(&of.rows[line], area, at.x));
        let mut actions = vec![Action::Line(line)];
        actions.extend(match (is_sign, line == cursor.at) {
            (true, _) => Some(Action::Toggle),
            (false, true) => Some(Action::Open),
            (false, false) => None,
        });
        for action in actions {
            // None of these leads outside.
            let _none = self.apply(action);
        }
    }

    /// The chosen line of the tab, and how many lines it has.
    fn rows(&self) -> (Cursor, usize) {
        match self.tab {
            Tab::Traces => (self.traces.cursor, self.traces.shown().len()),
            Tab::Waterfall => self.waterfall.as_ref().map_or_else(Default::default, |of| (of.cursor, of.rows.len())),
            Tab::Map => (self.map.cursor, self.map.lines.len()),
            Tab::Array => (self.array.cursor, self.array.rows.len()),
        }
    }
}
