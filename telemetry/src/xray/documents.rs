//! The translation for programs that send documents themselves, for example to an X-Ray daemon.

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use spawn_config::TracingSettings;

use super::translator::{Place, Translator};
use crate::filter::Filter;

/// Turns spans into X-Ray segment documents, as the exporter does.
///
/// One is made for a program and used for all its spans, because it keeps the memory that a translation needs. The
/// documents of a trace belong together: X-Ray takes at most 500 kB of a trace and indexes 50 of its annotations, and
/// neither is counted here.
///
/// ```
/// use opentelemetry::KeyValue;
/// use opentelemetry_sdk::Resource;
/// use spawn_telemetry::XRayDocuments;
///
/// let resource = Resource::builder_empty().with_attribute(KeyValue::new("service.name", "shop")).build();
/// let mut documents = XRayDocuments::new(&resource, &Default::default());
/// # let _ = &mut documents;
/// ```
#[derive(Debug)]
pub struct XRayDocuments(Translator);

impl XRayDocuments {
    /// The resource is that of all spans. Of the settings, `filter` says which attributes are shown, and `annotations` which
    /// are searched by beside those that always are.
    #[must_use]
    pub fn new(resource: &Resource, settings: &TracingSettings) -> Self {
        let filter = Filter::new(&settings.filter);
        Self(Translator::new(&filter.resource(resource), filter, &settings.annotations))
    }

    /// Appends the document of a span that has ended: one JSON object of at most 64,000 bytes. Answers whether something was
    /// cut or mended; the document's `metadata.spawn.truncated` says what.
    pub fn append(&mut self, span: &SpanData, into: &mut String) -> bool {
        self.0.document(span, &Place::of(span), &mut |_, _| true, into).cut
    }
}
