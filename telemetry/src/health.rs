//! How the delivery of spans is doing, in words that say what to do about it.

use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// How delivery is doing at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    /// The short answer.
    pub state: HealthState,
    /// The exporter in use: `xray`, `otlp`, `stdout`; `None` while nothing is exported.
    pub exporter: Option<&'static str>,
    /// What keeps spans from being delivered now; `None` when nothing does.
    pub problem: Option<Problem>,
    /// What keeps spans from being kept on disk now, so that they wait in memory; `None` when nothing does.
    pub storage: Option<Problem>,
    /// Why the back end last refused a span for good; such spans are counted as `rejected`.
    pub last_refusal: Option<String>,
    /// By how much this host's clock is off, where a request was refused for that; requests are signed with the back end's
    /// time since.
    pub clock: Option<String>,
}

/// The short answer of [`Health`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    /// Nothing is exported, and that is as configured.
    Off,
    /// Spans are kept until the settings are known.
    Holding,
    /// The last export succeeded, or there was none yet.
    Ok,
    /// The last export failed; it is tried again.
    Degraded,
    /// The program is shutting down; new spans are not taken.
    Closed,
}

/// What keeps spans from being delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What happened, for example `X-Ray refuses the spans: AccessDeniedException`.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
    /// When it began.
    #[serde(serialize_with = "as_text")]
    pub since: Timestamp,
    /// Exports that have failed in this way since then.
    pub count: u64,
}

/// Seconds of skew that are worth telling: below, a signature is taken anyway.
const WORTH_TELLING: u64 = 60;

/// Says by how much this host's clock is off, given the seconds by which the back end's is ahead. It goes by minutes, so that
/// the same skew gives the same words.
pub(crate) fn clock(skew: i64) -> Option<String> {
    if skew.unsigned_abs() < WORTH_TELLING {
        return None;
    }
    let minutes = (skew.unsigned_abs() + 30) / 60;
    let side = if skew > 0 { "behind" } else { "ahead of" };
    let by = format!("{} h {} min", minutes / 60, minutes % 60);
    Some(format!(
        "the clock of this host is {by} {side} the back end's: requests are signed with the back end's time, and spans tell \
         this host's; set the clock"
    ))
}

fn as_text<S: Serializer>(instant: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(instant)
}
