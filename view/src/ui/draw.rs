//! Draws what is looked at into the cells of a terminal.

mod array;
mod details;
pub(crate) mod help;
pub(crate) mod map;
mod pen;
pub(crate) mod traces;
pub(crate) mod waterfall;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use crate::ui::keys::Place;
use crate::ui::state::{Overlay, State, Tab};
use pen::{Hue, Pen};

/// Keys that are named wherever one is.
const ALWAYS: &str = "? help  q end";
/// Columns of that, and a gap.
const ALWAYS_WIDTH: u16 = 15;

/// Draws everything.
pub(crate) fn draw(state: &State, cells: &mut Buffer) {
    let layout = state.layout();
    let mut pen = Pen::new(cells, state.look);
    header(state, layout.header, &mut pen);
    match (&state.overlay, state.tab) {
        (Overlay::Help(cursor), _) => help::draw(cursor.top, body(&pen), &mut pen),
        (Overlay::Notes(cursor), _) => help::notes(&state.notes(), cursor.top, body(&pen), &mut pen),
        (_, Tab::Traces) => traces::draw(state, layout, &mut pen),
        (_, Tab::Waterfall) => {
            waterfall::draw(state, layout, &mut pen);
            details::draw(state, layout, &mut pen);
        }
        (_, Tab::Map) => map::draw(state, layout, &mut pen),
        (_, Tab::Array) => array::draw(state, layout, &mut pen),
    }
    footer(state, layout.footer, &mut pen);
}

/// All but the first line and the last.
fn body(pen: &Pen<'_>) -> Rect {
    let area = pen.area();
    Rect::new(0, 1.min(area.height), area.width, area.height.saturating_sub(2))
}

fn header(state: &State, area: Rect, pen: &mut Pen<'_>) {
    let mut x = area.x;
    for (number, tab) in Tab::ALL.iter().enumerate() {
        let style = if *tab == state.tab {
            pen.style(Hue::Plain).add_modifier(Modifier::REVERSED)
        } else {
            pen.style(Hue::Plain)
        };
        x = pen.put(area, x, &title(number, *tab), style);
    }
    let notes = state.notes_count();
    let mut right = Vec::new();
    if notes > 0 {
        right.push(format!("{notes} {} (i)", if notes == 1 { "note" } else { "notes" }));
    }
    match (state.is_reading, state.look.follows) {
        (true, _) => right.push("reading".to_owned()),
        (false, true) => right.push("live".to_owned()),
        (false, false) => {}
    }
    right.push(match (state.tab, state.trace()) {
        (Tab::Waterfall, Some(trace)) => crate::id::xray_form(trace.id()),
        _ => format!("{} traces", state.loaded.traces.len()),
    });
    pen.right(area, x + 1, &right.join("  "), pen.style(Hue::Faint));
}

fn title(number: usize, tab: Tab) -> String {
    format!(" {} {} ", number + 1, tab.name())
}

/// The tab whose title is in this column.
pub(crate) fn tab_at(column: u16) -> Option<usize> {
    let ends = Tab::ALL.iter().enumerate().scan(0, |end, (number, tab)| {
        *end += title(number, *tab).len();
        Some(*end)
    });
    { ends }.position(|end| usize::from(column) < end)
}

fn footer(state: &State, area: Rect, pen: &mut Pen<'_>) {
    let plain = pen.style(Hue::Plain);
    if let Overlay::Prompt(text) = &state.overlay {
        // The end of what is typed is seen, however long it is.
        let room = usize::from(area.width).saturating_sub(2);
        let skip = text.chars().count().saturating_sub(room);
        let end: String = text.chars().skip(skip).collect();
        let x = pen.put(area, area.x, &format!("/{end}"), plain);
        pen.put(area, x, " ", plain.add_modifier(Modifier::REVERSED));
        return;
    }
    pen.right(area, area.x, ALWAYS, pen.style(Hue::Faint));
    let left = Rect { width: area.width.saturating_sub(ALWAYS_WIDTH), ..area };
    match state.message.is_empty() {
        true => pen.put(left, left.x, hint(state.place()), pen.style(Hue::Faint)),
        false => pen.put(left, left.x, &state.message, plain.add_modifier(Modifier::BOLD)),
    };
}

const fn hint(place: Place) -> &'static str {
    match place {
        Place::Everywhere => "",
        Place::Traces => "Enter open  / search  s sort  e errors  t slow  v service",
        Place::Waterfall => "Enter details  Space fold  e error  + - zoom  < > pan  / search",
        Place::Details => "Enter follows a link  o next link  Esc back  d close",
        Place::Map => "Enter its traces  s sort  a all traces",
        Place::Array => "Enter its trace  s sort  ] next array",
    }
}
