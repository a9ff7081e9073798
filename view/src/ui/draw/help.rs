//! The help, from the table of keys, and the notes on what was read.

use ratatui::layout::Rect;

use crate::ui::draw::pen::{Hue, Pen, line};
use crate::ui::keys::{KEYS, MOUSE, Place};

/// Columns for the names of the keys.
const NAMES: u16 = 18;

/// A line of the help: a place, or keys and what they do.
pub(crate) enum Line {
    Place(&'static str),
    Keys(String, &'static str),
}

/// The whole help.
pub(crate) fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for place in Place::ALL {
        lines.push(Line::Place(place.name()));
        let bindings = KEYS.iter().filter(|binding| binding.place == place);
        lines.extend(bindings.map(|binding| Line::Keys(binding.names().join(" "), binding.what)));
    }
    lines.push(Line::Place("Mouse"));
    lines.extend(MOUSE.iter().map(|(how, what)| Line::Keys((*how).to_owned(), what)));
    lines
}

pub(crate) fn draw(top: usize, area: Rect, pen: &mut Pen<'_>) {
    let title = pen.style(Hue::Title);
    pen.put(line(area, 0), area.x, "Keys: j and k move, any other key closes", title);
    let below = Rect { y: area.y + 2.min(area.height), height: area.height.saturating_sub(2), ..area };
    for (number, row) in lines().iter().skip(top).take(usize::from(below.height)).enumerate() {
        let area = line(below, number);
        match row {
            Line::Place(name) => drop(pen.put(area, area.x, name, title)),
            Line::Keys(names, what) => {
                let plain = pen.style(Hue::Plain);
                let x = pen.put(area, area.x + 2.min(area.width), names, title);
                pen.put(area, x.max(area.x + NAMES) + 1, what, plain);
            }
        }
    }
}

pub(crate) fn notes(notes: &[String], top: usize, area: Rect, pen: &mut Pen<'_>) {
    let (title, plain) = (pen.style(Hue::Title), pen.style(Hue::Plain));
    let text = if notes.is_empty() { "Nothing was wrong with what was read" } else { "Notes on what was read" };
    pen.put(line(area, 0), area.x, text, title);
    let below = Rect { y: area.y + 2.min(area.height), height: area.height.saturating_sub(2), ..area };
    for (number, note) in notes.iter().skip(top).take(usize::from(below.height)).enumerate() {
        let area = line(below, number);
        pen.put(area, area.x, note, plain);
    }
}
