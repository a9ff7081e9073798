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

fn as_text<S: Serializer>(instant: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(instant)
}
