//! Which dead letters are meant.

use serde::{Deserialize, Serialize};
use wildmatch::WildMatch;

use super::Letter;

/// Which letters are meant: those for which all that is said here holds. Nothing said is no letter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Choice {
    /// All of them.
    pub all: bool,
    /// Ids of letters or of spans.
    pub ids: Vec<String>,
    /// A glob pattern over the reason (`rejected`, `too_large`) or the back end's code.
    pub reason: Option<String>,
    /// A trace id, as W3C or as X-Ray writes it.
    pub trace: Option<String>,
}

impl Choice {
    /// All letters.
    #[must_use]
    pub fn all() -> Self {
        Self { all: true, ..Self::default() }
    }

    /// Whether nothing is said.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the letter is meant.
    #[must_use]
    pub fn takes(&self, letter: &Letter) -> bool {
        let Self { all: _, ids, reason, trace } = self;
        let by_id = ids.is_empty() || ids.iter().any(|id| *id == letter.id || id.eq_ignore_ascii_case(&letter.span_id));
        let matches = |glob: &String| {
            let glob = WildMatch::new(glob);
            glob.matches(&letter.reason) || glob.matches(&letter.code)
        };
        let of_trace = |id: &String| plain(id) == letter.trace_id;
        !self.is_nothing() && by_id && reason.as_ref().is_none_or(matches) && trace.as_ref().is_none_or(of_trace)
    }
}

/// The id as W3C writes it: X-Ray's has a version and dashes.
fn plain(id: &str) -> String {
    let id = id.strip_prefix("1-").unwrap_or(id);
    id.replace('-', "").to_ascii_lowercase()
}
