//! Delivers spans to any OTLP receiver, by gRPC or HTTP.
//!
//! The records are those of `opentelemetry-proto`; the transport is ours, because the pipeline must know why a request
//! failed: `opentelemetry-otlp` makes a text of it, and keeps the receiver's partial refusals to itself.

mod connector;
mod endpoint;
mod grpc;
mod headers;
mod http;
mod tls;

use std::iter::once;
use std::ops::Range;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use spawn_config::{Endpoint, OtlpProtocol, OtlpSettings};

use super::split::{Sent, in_halves};
use super::words::brief;
use super::{BatchLimits, Delivering, Exporter, Fate, Outcome, Trouble};
use crate::counters::DropReason;
use crate::filter::Filter;
use headers::Headers;

/// Sends spans as OTLP requests.
#[derive(Debug)]
pub(super) struct Otlp {
    transport: Transport,
    headers: Headers,
    timeout: Duration,
    resource: ResourceAttributesWithSchema,
    filter: Filter,
}

#[derive(Debug)]
enum Transport {
    Grpc(grpc::Grpc),
    Http(http::Http),
}

impl Otlp {
    /// The resource is filtered already.
    pub(super) fn new(
        settings: &OtlpSettings,
        endpoint: Option<&Endpoint>,
        resource: &Resource,
        filter: Filter,
    ) -> Result<Self, Trouble> {
        let transport = match settings.protocol {
            OtlpProtocol::Grpc => Transport::Grpc(grpc::Grpc::new(settings, endpoint)?),
            OtlpProtocol::Http => Transport::Http(http::Http::new(settings, endpoint)?),
        };
        let headers = Headers::new(settings)?;
        Ok(Self { transport, headers, timeout: settings.timeout, resource: resource.into(), filter })
    }

    async fn send(&self, spans: &[SpanData]) -> Outcome {
        let headers = match self.headers.now() {
            Ok(headers) => headers,
            Err(trouble) => return Outcome::failed(trouble),
        };
        in_halves(spans.len(), once(0..spans.len()), async |range: Range<usize>| {
            let request = self.request(&spans[range.clone()]);
            let sending = async {
                match &self.transport {
                    Transport::Grpc(grpc) => grpc.send(request, &headers).await,
                    Transport::Http(http) => http.send(&request, &headers).await,
                }
            };
            match tokio::time::timeout(self.timeout, sending).await {
                Ok(Ok(answer)) => accepted(range.len(), answer),
                Ok(Err(sent)) => sent,
                Err(_) => Sent::Failed(unreachable("no answer in time")),
            }
        })
        .await
    }

    fn request(&self, spans: &[SpanData]) -> ExportTraceServiceRequest {
        let spans = if self.filter.is_empty() {
            spans.to_vec()
        } else {
            spans.iter().map(|span| self.filter.span(span)).collect()
        };
        ExportTraceServiceRequest { resource_spans: group_spans_by_resource_and_scope(spans, &self.resource) }
    }
}

impl Exporter for Otlp {
    fn limits(&self) -> BatchLimits {
        // Half a second more than the request's own limit, so that the request's is the one that is told.
        let patience = self.timeout.saturating_mul(2) + Duration::from_millis(500);
        BatchLimits { spans: 500, bytes: 1024 * 1024, patience: Some(patience) }
    }

    fn deliver<'a>(&'a mut self, spans: &'a [SpanData]) -> Delivering<'a, Outcome> {
        Box::pin(self.send(spans))
    }
}

/// What a receiver that has taken the request says. OTLP tells how many spans it refused, not which: the last ones are
/// counted for them.
fn accepted(spans: usize, answer: ExportTraceServiceResponse) -> Sent {
    let partial = answer.partial_success.unwrap_or_default();
    let refused = usize::try_from(partial.rejected_spans).unwrap_or(0).min(spans);
    if refused == 0 {
        return Sent::Answered(Outcome::delivered(spans));
    }
    let mut fates = vec![Fate::Delivered; spans - refused];
    fates.resize(spans, Fate::Refused(DropReason::Rejected));
    let refusal = format!("the OTLP receiver has refused spans: {}", brief(&partial.error_message));
    Sent::Answered(Outcome { fates, trouble: None, refusal: Some(refusal) })
}

fn unreachable(why: &str) -> Trouble {
    Trouble {
        lasting: false,
        what: format!("the OTLP receiver cannot be reached: {}", brief(why)),
        remedy: "check that it runs, and `tracing-endpoint`, `tracing-otlp-protocol` and the network between"
            .to_owned(),
    }
}

fn refusing(said: &str) -> Trouble {
    Trouble {
        lasting: true,
        what: format!("the OTLP receiver refuses the spans: {}", brief(said)),
        remedy: "check the endpoint, the protocol, and the headers or token that it asks for".to_owned(),
    }
}

fn busy(said: &str) -> Trouble {
    Trouble {
        lasting: false,
        what: format!("the OTLP receiver cannot take the spans now: {}", brief(said)),
        remedy: "they are sent again; if this stays, look at the receiver's log".to_owned(),
    }
}

#[cfg(test)]
mod tests;
