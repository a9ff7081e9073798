//! The job arrays that are under way, in a few lines below the instances.

use super::Seen;
use crate::array::{ago, fit, of_record};
use crate::session::Session;
use crate::show;
use serde_json::Value;
use spawn_cloud::arrays::{ArrayRecord, Millis};
use std::time::Duration;

/// The instances are not held up for longer by a table that does not answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Lines of the list; the rest is counted.
const MOST: usize = 10;

/// The newest first. An account without the table has none, and one who may not read it sees none.
pub(super) async fn under_way(session: &Session) -> Vec<ArrayRecord> {
    match tokio::time::timeout(PATIENCE, crate::array::store(session).named("")).await {
        Ok(Ok(arrays)) => arrays.into_iter().filter(|array| array.ended_at.is_none()).collect(),
        Ok(Err(error)) => {
            tracing::debug!(%error, "job arrays are not listed");
            Vec::new()
        }
        Err(_) => {
            tracing::debug!("job arrays are not listed: DynamoDB does not answer");
            Vec::new()
        }
    }
}

/// Adds the arrays to what is to be seen.
pub(super) fn add(seen: &mut Seen, arrays: &[ArrayRecord], now: Millis) {
    seen.answer["arrays"] = Value::Array(arrays.iter().map(of_record).collect());
    if arrays.is_empty() {
        return;
    }
    let width = show::stdout_width();
    let rows = arrays.iter().take(MOST).map(|array| {
        let tasks = array.size.to_string();
        let command = fit(&array.command.join(" "), Some(width.map_or(60, |width| width.saturating_sub(50).max(10))));
        vec![array.id.to_string(), tasks, ago(array.created_at, now), command]
    });
    seen.page += "\n";
    seen.page += &show::grid(width, &["ARRAY", "TASKS", "AGE", "COMMAND"], rows);
    if let Some(more) = arrays.len().checked_sub(MOST).filter(|more| *more > 0) {
        seen.page += &format!("and {more} more\n");
    }
}
