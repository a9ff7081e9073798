//! One part of a trace: a trace of its own for X-Ray.

use std::time::Instant;

use opentelemetry::trace::SpanId;

use super::Limits;
use super::annotations::Annotations;

/// What a part has been sent.
#[derive(Debug)]
pub(super) struct Part {
    bytes: usize,
    /// Documents that others in this part hang below and that have not come yet.
    awaited: usize,
    opened: Instant,
    /// The span for which it was opened, and the document in the part before that names it.
    pub(super) opener: Option<(SpanId, SpanId)>,
    pub(super) annotations: Annotations,
}

/// What a document takes of a part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    pub(super) bytes: usize,
    /// Whether the document is one that was awaited, and is not any more.
    pub(super) was_awaited: bool,
    /// Documents that are awaited because of this one: its parent, and itself if this is only its announcement.
    pub(super) will_await: usize,
}

impl Part {
    pub(super) fn new(now: Instant) -> Self {
        Self { bytes: 0, awaited: 0, opened: now, opener: None, annotations: Annotations::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Whether a document that may as well go elsewhere goes here.
    pub(super) fn welcomes(&self, need: Need, now: Instant, limits: &Limits) -> bool {
        let young = now.saturating_duration_since(self.opened) <= limits.young;
        self.is_empty() || self.with(need, limits) <= if young { limits.quick } else { limits.slow }
    }

    /// Whether a document that others here hang below goes here.
    pub(super) fn holds(&self, need: Need, limits: &Limits) -> bool {
        self.with(need, limits) <= limits.most
    }

    /// Bytes of this part with the document and all that is set aside then.
    fn with(&self, need: Need, limits: &Limits) -> usize {
        let awaited = self.awaited + need.will_await - usize::from(need.was_awaited);
        self.bytes + need.bytes + awaited * limits.reserve + limits.closing
    }

    pub(super) fn take(&mut self, need: Need) {
        self.bytes += need.bytes;
        self.awaited = self.awaited + need.will_await - usize::from(need.was_awaited);
    }

    /// Takes the document that names the next part, for which there is always room.
    pub(super) fn close(&mut self, bytes: usize) {
        self.bytes += bytes;
    }
}
