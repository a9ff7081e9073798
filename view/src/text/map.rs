//! The service map as text: who takes part, and below each whom it calls.

use std::borrow::Cow;

use super::line::Line;
use super::paper::{Paint, Paper};
use super::table::{Cell, Column, cell, table};
use super::units::{duration, share};
use crate::map::{Node, NodeKind, ServiceMap, Stats};

/// The map as a table: each node, and below it the calls that it makes. Empty for a map without nodes.
#[must_use]
pub fn map(map: &ServiceMap, paper: &Paper) -> String {
    const COLUMNS: [Column<'_>; 10] = [
        Column::text("NODE, AND WHOM IT CALLS"),
        Column::text("KIND").spare(4),
        Column::number("CALLS"),
        Column::number("ERRORS"),
        Column::number("FAULTS"),
        Column::number("THROTTLED").spare(3),
        Column::number("OPEN").spare(6),
        Column::number("MEDIAN"),
        Column::number("P95").spare(2),
        Column::number("LONGEST").spare(5),
    ];
    let mut text = String::new();
    if map.nodes.is_empty() {
        return text;
    }
    let mut calls = vec![Vec::new(); map.nodes.len()];
    for edge in &map.edges {
        if let Some(calls) = calls.get_mut(edge.from) {
            calls.push(edge);
        }
    }
    let mut rows = Vec::new();
    for (node, calls) in map.nodes.iter().zip(&calls) {
        rows.push(row((Paint::Strong, Cow::Borrowed(node.name.as_str())), kind(node), &node.stats));
        for edge in calls {
            let name = map.nodes.get(edge.to).map_or("?", |node| node.name.as_str());
            rows.push(row(cell(format!("  -> {name}")), "", &edge.stats));
        }
    }
    table(paper, &COLUMNS, &rows, &mut text);
    let mut line = Line::new(paper);
    line.own(Paint::Dim, "errors: 4xx and the like; faults: 5xx, no answer, failures in a program").end(&mut text);
    text
}

fn row<'a>(name: Cell<'a>, kind: &'static str, stats: &Stats) -> Vec<Cell<'a>> {
    let Stats { calls, errors, faults, throttles, open, median, p95, longest, .. } = *stats;
    let part = |number: u64, paint: Paint| match number {
        0 => cell("-"),
        number => (paint, Cow::Owned(format!("{number} ({})", share(number, calls)))),
    };
    let time = |time: u64| if calls > open { cell(duration(time)) } else { cell("-") };
    vec![
        name,
        (Paint::Dim, Cow::Borrowed(kind)),
        cell(calls.to_string()),
        part(errors, Paint::Odd),
        part(faults, Paint::Bad),
        part(throttles, Paint::Odd),
        if open == 0 { cell("-") } else { (Paint::Open, Cow::Owned(open.to_string())) },
        time(median),
        time(p95),
        time(longest),
    ]
}

const fn kind(node: &Node) -> &'static str {
    match node.kind {
        NodeKind::Client => "client",
        NodeKind::Service => "service",
        NodeKind::Aws => "AWS",
        NodeKind::Remote => "remote",
    }
}
