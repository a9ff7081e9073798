//! Resources and scopes as they came, each once, however many spans share it.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use prost::Message as _;

use super::head::{short, text};

/// What an entry takes beside its bytes: the counts before them, the allocator's own, a place in the set.
const OVERHEAD: usize = 128;

/// A resource and a scope that spans share.
#[derive(Clone, Debug)]
pub(super) struct Shared(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// A message that holds both, and no span.
    encoded: Box<[u8]>,
    service: Box<str>,
}

impl Shared {
    pub(super) fn message(&self) -> Option<ResourceSpans> {
        ResourceSpans::decode(&*self.0.encoded).ok()
    }

    pub(super) fn service(&self) -> &str {
        &self.0.service
    }

    /// Whether this is the same one, not another that says the same.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn size(&self) -> usize {
        self.0.encoded.len() + self.0.service.len() + OVERHEAD
    }
}

impl Borrow<[u8]> for Shared {
    fn borrow(&self) -> &[u8] {
        &self.0.encoded
    }
}

impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        self.0.encoded == other.0.encoded
    }
}

impl Eq for Shared {}

impl Hash for Shared {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // As a slice is hashed: it is looked up by one.
        self.0.encoded.hash(state);
    }
}

#[derive(Debug, Default)]
pub(super) struct Origins {
    known: HashSet<Shared>,
    bytes: usize,
}

impl Origins {
    /// The one that says the same as this message.
    pub(super) fn of(&mut self, envelope: &ResourceSpans) -> Shared {
        let encoded = envelope.encode_to_vec();
        if let Some(known) = self.known.get(encoded.as_slice()) {
            return known.clone();
        }
        let attributes = envelope.resource.as_ref().map_or(&[][..], |resource| &resource.attributes);
        let service = short(text(attributes, "service.name").unwrap_or_default()).into();
        let new = Shared(Arc::new(Inner { encoded: encoded.into(), service }));
        self.bytes += new.size();
        self.known.insert(new.clone());
        new
    }

    /// Takes back one that a span had; the last to give it back ends it.
    pub(super) fn release(&mut self, origin: Shared) {
        // This one and the set's.
        if Arc::strong_count(&origin.0) == 2 && self.known.remove(&origin) {
            self.bytes -= origin.size();
        }
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }
}
