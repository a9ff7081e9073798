//! Draws the service map as a table of nodes, and below each what it calls.

use ratatui::layout::{Position, Rect};

use crate::map::{NodeKind, Stats};
use crate::text::units::{duration, share};
use crate::ui::draw::pen::{Hue, Pen, columns, line};
use crate::ui::layout::Layout;
use crate::ui::state::State;
use crate::ui::state::map::{Line, Order};

pub(crate) fn draw(state: &State, layout: Layout, pen: &mut Pen<'_>) {
    let tab = &state.map;
    title(state, layout.title, pen);
    if tab.lines.is_empty() {
        pen.put(line(layout.lines, 0), layout.lines.x, "no trace is chosen", pen.style(Hue::Plain));
    }
    for (number, at) in tab.cursor.shown(tab.lines.len(), usize::from(layout.lines.height)).enumerate() {
        let area = line(layout.lines, number);
        match tab.lines[at] {
            Line::Node(node) => {
                let node = &tab.map.nodes[node];
                let kind = match node.kind {
                    NodeKind::Client => "client",
                    NodeKind::Service => "service",
                    NodeKind::Aws => "AWS",
                    NodeKind::Remote => "remote",
                };
                let name = if node.name.is_empty() { "(no name)" } else { &node.name };
                row(&format!("{name} ({kind})"), 0, &node.stats, area, pen);
            }
            Line::Edge(edge) => {
                let edge = &tab.map.edges[edge];
                let name = &tab.map.nodes[edge.to].name;
                row(&format!("{} {name}", pen.marks().arrow), 2, &edge.stats, area, pen);
            }
        }
        if at == tab.cursor.at {
            pen.choose(area);
        }
    }
}

/// Name, calls, bad ones, errors, faults, throttles, median, 95th percentile, longest.
fn places(area: Rect) -> [Rect; 9] {
    let (each, longest) = match area.width {
        0..100 => (0, 0),
        _ => (7, 8),
    };
    let bad = if each > 0 { 0 } else { 7 };
    let fixed = 2
        + 7
        + 2
        + if bad > 0 { bad + 2 } else { 0 }
        + 3 * if each > 0 { each + 2 } else { 0 }
        + 8
        + 2
        + 8
        + if longest > 0 { longest + 2 } else { 0 };
    columns(area, [area.width.saturating_sub(fixed), 7, bad, each, each, each, 8, 8, longest])
}

/// What the column at this place is sorted by.
pub(crate) fn order_at(area: Rect, at: Position) -> Option<Order> {
    let [name, calls, bad, errors, _, _, median, p95, _] = places(area);
    let orders = [Order::Name, Order::Calls, Order::Bad, Order::Bad, Order::Median, Order::P95];
    let column = [name, calls, bad, errors, median, p95].iter().position(|column| column.contains(at))?;
    Some(orders[column])
}

fn title(state: &State, area: Rect, pen: &mut Pen<'_>) {
    let style = pen.style(Hue::Title);
    let [name, calls, bad, errors, faults, throttles, median, p95, longest] = places(area);
    let tab = &state.map;
    let mark = |text: &str, order: Order| if tab.order == order { format!("{text}*") } else { text.to_owned() };
    let of = match (tab.all, tab.traces()) {
        (true, count) => format!("{count} traces"),
        (false, _) => "this trace".to_owned(),
    };
    pen.put(name, name.x, &format!("{} of {of}", mark("name", Order::Name)), style);
    let cells = [
        (calls, mark("calls", Order::Calls)),
        (bad, mark("bad", Order::Bad)),
        (errors, mark("errors", Order::Bad)),
        (faults, "faults".to_owned()),
        (throttles, "thrott.".to_owned()),
        (median, mark("median", Order::Median)),
        (p95, mark("95 %", Order::P95)),
        (longest, "longest".to_owned()),
    ];
    for (cell, text) in cells {
        pen.right(cell, cell.x, &text, style);
    }
}

fn row(name: &str, indent: u16, stats: &Stats, area: Rect, pen: &mut Pen<'_>) {
    let [place, calls, bad, errors, faults, throttles, median, p95, longest] = places(area);
    let (plain, red) = (pen.style(Hue::Plain), pen.style(Hue::Bad));
    let open = if stats.open > 0 { format!(" ({} open)", stats.open) } else { String::new() };
    let style = if indent == 0 { pen.style(Hue::Title) } else { plain };
    pen.put(place, place.x + indent, &format!("{name}{open}"), style);
    pen.right(calls, calls.x, &stats.calls.to_string(), plain);
    let shares = [
        (bad, stats.errors + stats.faults + stats.throttles),
        (errors, stats.errors),
        (faults, stats.faults),
        (throttles, stats.throttles),
    ];
    for (cell, count) in shares {
        let text = if count == 0 { "-".to_owned() } else { share(count, stats.calls) };
        pen.right(cell, cell.x, &text, if count == 0 { plain } else { red });
    }
    for (cell, time) in [(median, stats.median), (p95, stats.p95), (longest, stats.longest)] {
        pen.right(cell, cell.x, &duration(time), plain);
    }
}
