//! Log lines of the pipeline. They are written after the state's lock is given back: a log that makes its writer wait must
//! not make those wait who hand over spans.

/// Something that is worth a line.
#[derive(Debug)]
pub(super) enum Notice {
    /// Delivery fails, for another reason than before.
    Failing {
        /// What happened.
        problem: String,
        /// What to do about it.
        remedy: String,
    },
    /// Delivery works again.
    Recovered {
        /// What had happened.
        problem: String,
    },
    /// The disk does not take spans, for another reason than before.
    InMemory {
        /// What happened.
        problem: String,
        /// What to do about it.
        remedy: String,
    },
    /// The disk takes spans again.
    OnDisk,
    /// The back end will never take some spans, for another reason than before.
    Refused {
        /// Why.
        reason: String,
    },
    /// The clock of this host is off.
    Clock {
        /// By how much.
        what: String,
    },
}

impl Notice {
    pub(super) fn log(self) {
        match self {
            Self::Failing { problem, remedy } => {
                tracing::warn!(problem, remedy, "spans are not delivered; they are kept and tried again");
            }
            Self::Recovered { problem } => tracing::info!(problem, "spans are delivered again"),
            Self::InMemory { problem, remedy } => {
                tracing::warn!(problem, remedy, "spans wait in memory alone; the disk is tried again");
            }
            Self::OnDisk => tracing::info!("spans are kept on disk again"),
            Self::Clock { what } => tracing::warn!("{what}"),
            Self::Refused { reason } => tracing::warn!(reason, "the back end has refused spans for good"),
        }
    }
}
