//! The traces that a command names.

use super::source::{Found, Source, Wanted};
use crate::exit::{Exit, UsageError};
use crate::show;
use anyhow::Result;
use clap::Args;
use opentelemetry::trace::TraceId;
use spawn_view::{Query, trace_id, xray_form};

/// Which traces.
#[derive(Clone, Debug, Args)]
pub(crate) struct Ids {
    /// Ids in either form: 1-6b021b31-0123456789abcdef01234567, or 32 hexadecimal digits. Not needed where --from has only one.
    #[arg(value_name = "ID", value_parser = parse)]
    ids: Vec<TraceId>,
}

impl Ids {
    pub(crate) fn wanted(&self) -> Wanted {
        match self.ids.is_empty() {
            // Two are enough to see that there are several.
            true => Wanted::Search { query: Query::default(), limit: 2 },
            false => Wanted::These(self.ids.clone()),
        }
    }

    pub(crate) fn are_several(&self) -> bool {
        self.ids.len() > 1
    }

    /// Says which of them were not found, and how the command ends for that.
    pub(crate) fn missing(&self, found: &Found, source: &Source<'_>) -> Result<Exit> {
        if self.ids.is_empty() {
            return match (found.traces.len(), found.more) {
                (0, _) => {
                    show::message(&source.nothing(&Query::default()));
                    Ok(Exit::Failure)
                }
                (1, false) => Ok(Exit::Success),
                _ => {
                    let several = "there are several traces: say which by id; `spawn trace list` shows them";
                    Err(UsageError::Other(several.to_owned()).into())
                }
            };
        }
        Ok(missing(&self.ids, found, source))
    }
}

/// Says which of these were not found, and how the command ends for that.
pub(crate) fn missing(ids: &[TraceId], found: &Found, source: &Source<'_>) -> Exit {
    let there = |id: &TraceId| found.traces.iter().any(|trace| trace.is_called(*id));
    let missing: Vec<&TraceId> = ids.iter().filter(|id| !there(id)).collect();
    for id in &missing {
        show::message(&format!("no trace {}: {}", xray_form(**id), source.advice()));
    }
    match (missing.len(), ids.len()) {
        (0, _) => Exit::Success,
        (missing, all) if missing < all => Exit::Partial,
        _ => Exit::Failure,
    }
}

/// A trace's id in any of the forms in which it is written.
pub(crate) fn parse(text: &str) -> Result<TraceId, String> {
    trace_id(text).map_err(|error| error.to_string())
}
