//! Draws the list of traces.

use ratatui::layout::{Position, Rect};

use crate::id::xray_form;
use crate::search::Summary;
use crate::text::units::{duration, instant};
use crate::ui::draw::pen::{Hue, Pen, columns, line};
use crate::ui::layout::Layout;
use crate::ui::state::State;
use crate::ui::state::traces::{Order, TracesTab};

pub(crate) fn draw(state: &State, layout: Layout, pen: &mut Pen<'_>) {
    let tab = &state.traces;
    title(tab, layout.title, pen);
    let rows = tab.shown();
    if rows.is_empty() {
        let text = match (state.loaded.traces.is_empty(), tab.is_filtered()) {
            (true, _) => "no traces were found",
            (false, _) => "no trace passes the filters: x takes them away",
        };
        pen.put(line(layout.lines, 0), layout.lines.x, text, pen.style(Hue::Plain));
    }
    for (number, at) in tab.cursor.shown(rows.len(), usize::from(layout.lines.height)).enumerate() {
        let area = line(layout.lines, number);
        row(&state.loaded.summaries[rows[at]], area, pen);
        if at == tab.cursor.at {
            pen.choose(area);
        }
    }
}

/// Began, duration, spans, errors, name, service, id: what has no room has no width.
fn places(area: Rect) -> [Rect; 7] {
    let (began, service, id) = match area.width {
        0..80 => (8, 0, 0),
        80..120 => (19, 16, 0),
        _ => (19, 20, 35),
    };
    let fixed =
        began + 2 + 8 + 2 + 6 + 2 + 6 + 2 + if service > 0 { service + 2 } else { 0 } + if id > 0 { id + 2 } else { 0 };
    columns(area, [began, 8, 6, 6, area.width.saturating_sub(fixed), service, id])
}

/// What the column at this place is sorted by.
pub(crate) fn order_at(area: Rect, at: Position) -> Option<Order> {
    let [began, took, spans, errors, name, _, _] = places(area);
    let orders = [Order::Began, Order::Duration, Order::Spans, Order::Errors, Order::Name];
    let column = [began, took, spans, errors, name].iter().position(|column| column.contains(at))?;
    Some(orders[column])
}

fn title(tab: &TracesTab, area: Rect, pen: &mut Pen<'_>) {
    let style = pen.style(Hue::Title);
    let [began, took, spans, errors, name, service, id] = places(area);
    let mark = |text: &str, order: Order| {
        let sign = if tab.reversed { "^" } else { "*" };
        if tab.order == order { format!("{text}{sign}") } else { text.to_owned() }
    };
    pen.put(began, began.x, &mark("began", Order::Began), style);
    pen.right(took, took.x, &mark("took", Order::Duration), style);
    pen.right(spans, spans.x, &mark("spans", Order::Spans), style);
    pen.right(errors, errors.x, &mark("errors", Order::Errors), style);
    let x = pen.put(name, name.x, &mark("name", Order::Name), style);
    pen.put(service, service.x, "service", style);
    pen.put(id, id.x, "id", style);
    let filters: Vec<String> = [
        tab.errors_only.then(|| "errors".to_owned()),
        tab.slower_than.map(|least| format!("slower than {}", duration(least))),
        tab.service.clone(),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !filters.is_empty() {
        pen.put(name, x + 1, &format!("({}; x: all)", filters.join(", ")), pen.style(Hue::Warn));
    }
}

fn row(summary: &Summary, area: Rect, pen: &mut Pen<'_>) {
    let plain = pen.style(Hue::Plain);
    let [began, took, spans, errors, name, service, id] = places(area);
    let at = instant(summary.start, false);
    // A narrow terminal has room for the time of day.
    let at = if began.width < 19 { at.split_once(' ').map_or(at.as_str(), |(_, time)| time) } else { &at };
    pen.put(began, began.x, at, plain);
    let open = if summary.open > 0 { pen.marks().open_end } else { "" };
    pen.right(took, took.x, &format!("{}{open}", duration(summary.duration)), plain);
    pen.right(spans, spans.x, &summary.spans.to_string(), plain);
    if summary.errors > 0 {
        let text = format!("{} {}", pen.marks().bad, summary.errors);
        pen.right(errors, errors.x, &text, pen.style(Hue::Bad));
    }
    let what = if summary.name.is_empty() { "(no name)" } else { &summary.name };
    pen.put(name, name.x, what, plain);
    pen.put(service, service.x, &summary.service, plain);
    pen.put(id, id.x, &xray_form(summary.id), pen.style(Hue::Faint));
}
