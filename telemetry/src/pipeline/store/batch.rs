//! Spans that are out for delivery.

use opentelemetry_sdk::trace::SpanData;
use spawn_delivery::spool::Place;

use crate::pipeline::size;
use crate::record;

/// Spans that are out for delivery. There is one batch at a time, and it goes back through [`settle`](super::Store::settle).
#[derive(Debug)]
pub(in crate::pipeline) struct Batch {
    /// The spans, in the order in which they were taken.
    pub(in crate::pipeline) spans: Vec<SpanData>,
    pub(super) labels: Vec<Label>,
    /// Records that are spans no more.
    pub(super) unreadable: Vec<Place>,
}

impl Batch {
    /// How many records are spans no more.
    pub(in crate::pipeline) fn unreadable(&self) -> u64 {
        self.unreadable.len() as u64
    }
}

/// What the store knows of a span that is out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label {
    pub(super) number: u64,
    pub(super) size: usize,
    pub(super) place: Option<Place>,
    pub(super) fits: bool,
}

/// What was taken out of the store, some of it as bytes yet: they become spans where nobody waits for the store.
#[derive(Debug)]
pub(in crate::pipeline) struct Leased {
    pub(super) items: Vec<(Label, Item)>,
}

/// A span or its bytes.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all are spans, and a box would cost each of them an allocation")]
pub(super) enum Item {
    Span(SpanData),
    Bytes(Vec<u8>),
}

impl Leased {
    /// Has all of it as spans.
    pub(in crate::pipeline) fn read(self) -> Batch {
        let Self { items } = self;
        let mut batch = Batch {
            spans: Vec::with_capacity(items.len()),
            labels: Vec::with_capacity(items.len()),
            unreadable: Vec::new(),
        };
        for (mut label, item) in items {
            match item {
                Item::Span(span) => {
                    batch.spans.push(span);
                    batch.labels.push(label);
                }
                Item::Bytes(bytes) => match record::span(&bytes) {
                    Ok(span) => {
                        label.size = size::in_bytes(&span);
                        batch.spans.push(span);
                        batch.labels.push(label);
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a span that was kept on disk cannot be read");
                        batch.unreadable.extend(label.place);
                    }
                },
            }
        }
        batch
    }
}
