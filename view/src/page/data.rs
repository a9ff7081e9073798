//! A trace as JSON: what the page draws, what the server gives and what `-o json` prints. `docs/reference/trace-json.md`
//! has every field.
//!
//! Times are microseconds with up to three decimals, because a program that reads JSON numbers as doubles has room for
//! no nanoseconds since 1970; ids are text.

mod array;
mod attributes;
mod comparison;
mod map;
mod span;
mod summary;
#[cfg(test)]
mod tests;
mod trace;

pub use array::{ArrayData, AttemptData, TaskData, array_data};
pub use comparison::{ComparedData, ComparisonData, SideData, comparison_data};
pub use map::{EdgeData, MapData, NodeData, StatsData, map_data};
pub use span::{DroppedData, EventData, LinkData, OriginData, SpanData};
pub use summary::{SummaryData, summary_data};
pub use trace::{NoteData, StretchData, TraceData, trace_data};

use jiff::Timestamp;
use serde::Serialize;

use crate::{Trace, arrays, service_map};

/// All that a page shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PageData {
    /// The traces, in the order in which they began.
    pub traces: Vec<TraceData>,
    /// The services of all of them.
    pub service_map: MapData,
    /// The job arrays in them.
    pub arrays: Vec<ArrayData>,
}

/// All that a page of these traces shows.
#[must_use]
pub fn page_data(traces: &[Trace]) -> PageData {
    PageData {
        traces: traces.iter().map(trace_data).collect(),
        service_map: map_data(&service_map(traces)),
        arrays: arrays(traces).iter().map(|array| array_data(array, traces)).collect(),
    }
}

/// Nanoseconds as microseconds.
fn micros(nanoseconds: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a double has 53 bits: nanoseconds of a hundred days are exact")]
    let nanoseconds = nanoseconds as f64;
    nanoseconds / 1000.0
}

/// Every instant that 64 bits of nanoseconds can name is before the year 2600, and a timestamp ends in 9999.
fn rfc3339(nanoseconds: u64) -> String {
    Timestamp::from_nanosecond(i128::from(nanoseconds)).map(|time| time.to_string()).unwrap_or_default()
}
