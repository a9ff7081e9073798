//! Traces as a list: a line for each.

use std::borrow::Cow;

use super::paper::{Paint, Paper};
use super::table::{Column, cell, table};
use super::units::{duration, instant};
use crate::id;
use crate::search::Summary;

/// The traces as a table, in the order in which they come; empty for none.
#[must_use]
pub fn list(traces: &[Summary], paper: &Paper) -> String {
    const COLUMNS: [Column<'_>; 8] = [
        Column::whole("ID"),
        Column::whole("STARTED (UTC)").spare(4),
        Column::number("DURATION").spare(2),
        Column::number("SPANS").spare(5),
        Column::number("FAILED").spare(3),
        Column::text("NAME").spare(1),
        Column::text("ARRAY").spare(7),
        Column::text("SERVICES").spare(6),
    ];
    let mut text = String::new();
    if traces.is_empty() {
        return text;
    }
    let rows: Vec<_> = traces
        .iter()
        .map(|trace| {
            let failed = match trace.errors {
                0 => cell("-"),
                errors => (Paint::Bad, Cow::Owned(errors.to_string())),
            };
            let length = duration(trace.duration);
            let length = match trace.open {
                0 => cell(length),
                _ => (Paint::Open, Cow::Owned(format!("{length}{}", paper.signs().open))),
            };
            vec![
                cell(id::xray_form(trace.id)),
                cell(instant(trace.start, false)),
                length,
                cell(trace.spans.to_string()),
                failed,
                cell(trace.name.as_str()),
                cell(trace.arrays.join(", ")),
                cell(trace.services.join(", ")),
            ]
        })
        .collect();
    table(paper, &COLUMNS, &rows, &mut text);
    text
}
