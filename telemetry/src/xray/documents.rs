//! The translation for programs that send documents themselves, for example to an X-Ray daemon.

use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use spawn_config::TracingSettings;

use super::table::PLACES;
use super::translator::{Place, Translator};
use crate::filter::Filter;
use crate::message;

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

    /// The documents of OTLP's messages, each with its own resource; nothing is filtered but what has the shape of a secret.
    /// Spans that have not ended, and those whose ids are none, have no document.
    #[must_use]
    pub fn of_messages(messages: Vec<ResourceSpans>) -> Vec<String> {
        let mut settings = TracingSettings::default();
        settings.filter.allow.push("*".to_owned());
        let mut documents = Vec::new();
        for ResourceSpans { resource, scope_spans, .. } in messages {
            let mut of = Self::new(&message::resource(resource.unwrap_or_default()), &settings);
            for ScopeSpans { scope, spans, schema_url } in scope_spans {
                let scope = message::scope(scope.unwrap_or_default(), schema_url);
                for span in spans.into_iter().filter(|span| span.end_time_unix_nano > 0) {
                    let Ok(span) = message::span(span, scope.clone()) else { continue };
                    let mut document = String::new();
                    of.append(&span, &mut document);
                    documents.push(document);
                }
            }
        }
        documents
    }

    /// X-Ray's fields, dots between the levels, each with the names of the attribute that it comes from, today's first. Where
    /// an attribute has several fields, they stand in one text with commas between them.
    pub fn fields() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
        PLACES.iter().map(|place| (place.field, place.names))
    }

    /// Appends the document of a span that has ended: one JSON object of at most 64,000 bytes. Answers whether something was
    /// cut or mended; the document's `metadata.spawn.truncated` says what.
    pub fn append(&mut self, span: &SpanData, into: &mut String) -> bool {
        self.0.document(span, &Place::of(span), &mut |_, _| true, into).cut
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::trace::v1::ScopeSpans;
    use prost::Message as _;

    use super::*;
    use crate::{record, samples};

    #[test]
    fn messages_become_documents_and_what_is_under_way_none() {
        let span = samples::span("boot");
        let mut bytes = Vec::new();
        record::write_span(&span, &mut bytes);
        let mut of_scope = ScopeSpans::decode(&*bytes).unwrap();
        let mut open = of_scope.spans[0].clone();
        open.end_time_unix_nano = 0;
        of_scope.spans.push(open);
        let message = ResourceSpans { scope_spans: vec![of_scope], ..ResourceSpans::default() };
        let documents = XRayDocuments::of_messages(vec![message]);
        let mut own = String::new();
        XRayDocuments::new(&Resource::builder_empty().build(), &TracingSettings::default()).append(&span, &mut own);
        assert_eq!(documents, [own]);
    }
}
