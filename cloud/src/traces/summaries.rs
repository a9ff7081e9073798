//! GetTraceSummaries: the ids of the traces that a search finds, the newest first.

use std::time::Duration;

use aws_sdk_xray::Client;
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use super::TraceSearch;
use crate::error::{Error, Result};

/// X-Ray looks through at most six hours for one question; the seconds at both ends are rounded outwards.
const WINDOW: Duration = Duration::from_secs(6 * 60 * 60 - 1);

/// Traces that were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summaries {
    /// Their ids, as X-Ray writes them, those of the last window first.
    pub ids: Vec<String>,
    /// Whether there may be more of them: the limit ended the search.
    pub more: bool,
}

/// Looks from `to` back to `from` for traces, and ends when it has `limit` of them.
///
/// # Errors
/// When X-Ray refuses or is not reached.
pub async fn summaries(
    client: &Client,
    search: &TraceSearch,
    from: Timestamp,
    to: Timestamp,
    limit: usize,
) -> Result<Summaries> {
    let mut found = Summaries::default();
    let mut end = to;
    while end > from {
        let begin = end.checked_sub(WINDOW).map_or(from, |begin| begin.max(from));
        let mut token = None;
        loop {
            let page = client
                .get_trace_summaries()
                .start_time(DateTime::from_secs(begin.as_second()))
                // What began within the last second is meant too.
                .end_time(DateTime::from_secs(end.as_second() + 1))
                .set_filter_expression(search.expression())
                .set_next_token(token.take())
                .send()
                .await
                .map_err(|error| Error::of("X-Ray GetTraceSummaries", error))?;
            // Sorted within a page at most: the ids begin with the second in which the trace began.
            found.ids.extend(page.trace_summaries.unwrap_or_default().into_iter().filter_map(|trace| trace.id));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        found.ids.sort_unstable_by(|one, other| other.cmp(one));
        found.ids.dedup();
        if found.ids.len() > limit {
            found.ids.truncate(limit);
            found.more = true;
            return Ok(found);
        }
        end = begin;
    }
    Ok(found)
}
