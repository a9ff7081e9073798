//! What is told of a trace in a list, as JSON.

use serde::Serialize;

use super::{micros, rfc3339};
use crate::id::xray_form;
use crate::search::Summary;

/// What is told of a trace in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SummaryData {
    /// Its id, 32 hexadecimal digits.
    pub trace_id: String,
    /// The same as X-Ray writes it.
    pub xray_trace_id: String,
    /// The name of its first root.
    pub name: String,
    /// The service of its first root.
    pub service: String,
    /// When its first span began, RFC 3339 with nanoseconds.
    pub start: String,
    /// Microseconds from there to the last instant that its spans know of.
    pub duration_us: f64,
    /// How many spans it has.
    pub span_count: usize,
    /// How many of them failed.
    pub errors: usize,
    /// How many are under way.
    pub open: usize,
    /// The services that made its spans, by name.
    pub services: Vec<String>,
    /// The job arrays that it is about.
    pub arrays: Vec<String>,
    /// How many notes there are on it.
    pub note_count: usize,
}

/// What is told of a trace in a list, as JSON.
#[must_use]
pub fn summary_data(summary: &Summary) -> SummaryData {
    SummaryData {
        trace_id: summary.id.to_string(),
        xray_trace_id: xray_form(summary.id),
        name: summary.name.clone(),
        service: summary.service.clone(),
        start: rfc3339(summary.start),
        duration_us: micros(summary.duration),
        span_count: summary.spans,
        errors: summary.errors,
        open: summary.open,
        services: summary.services.clone(),
        arrays: summary.arrays.clone(),
        note_count: summary.notes,
    }
}
