//! Delivers spans to any OTLP receiver, by gRPC or HTTP.
//!
//! The records are those of `opentelemetry-proto`; the transport is ours, because the pipeline must know why a request
//! failed: `opentelemetry-otlp` makes a text of it, and keeps the receiver's partial refusals to itself
//! (docs/decisions/0008).

mod connector;
mod endpoint;
mod grpc;
mod headers;
mod http;
mod later;
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
use super::words::{brief, chain};
use super::{BatchLimits, Delivering, Exporter, Fate, Outcome, Trouble};
use crate::counters::DropReason;
use crate::filter::Filter;
use headers::Headers;

/// Sends spans as OTLP requests.
#[derive(Debug)]
pub(super) struct Otlp {
    settings: OtlpSettings,
    endpoint: Option<Endpoint>,
    transport: Transport,
    headers: Headers,
    resource: ResourceAttributesWithSchema,
    filter: Filter,
}

#[derive(Debug)]
enum Transport {
    Grpc(grpc::Grpc),
    Http(http::Http),
}

impl Transport {
    fn new(settings: &OtlpSettings, endpoint: Option<&Endpoint>) -> Result<Self, Trouble> {
        Ok(match settings.protocol {
            OtlpProtocol::Grpc => Self::Grpc(grpc::Grpc::new(settings, endpoint)?),
            OtlpProtocol::Http => Self::Http(http::Http::new(settings, endpoint)?),
        })
    }
}

impl Otlp {
    /// The resource is filtered already.
    pub(super) fn new(
        settings: &OtlpSettings,
        endpoint: Option<&Endpoint>,
        resource: &Resource,
        filter: Filter,
    ) -> Result<Self, Trouble> {
        Ok(Self {
            settings: settings.clone(),
            endpoint: endpoint.cloned(),
            transport: Transport::new(settings, endpoint)?,
            headers: Headers::new(settings)?,
            resource: resource.into(),
            filter,
        })
    }

    async fn send(&mut self, spans: &[SpanData]) -> Outcome {
        let mut is_silent = false;
        let mut outcome = self.try_to_send(spans, &mut is_silent).await;
        if is_silent {
            // HTTP/2 would use a dead connection again and again, until TCP gives it up after a quarter of an hour.
            match Transport::new(&self.settings, self.endpoint.as_ref()) {
                Ok(transport) => self.transport = transport,
                Err(trouble) => outcome.trouble = Some(trouble),
            }
        }
        outcome
    }

    async fn try_to_send(&self, spans: &[SpanData], is_silent: &mut bool) -> Outcome {
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
            match tokio::time::timeout(self.settings.timeout, sending).await {
                Ok(Ok(answer)) => accepted(range.len(), answer),
                Ok(Err(sent)) => sent,
                Err(_) => {
                    *is_silent = true;
                    Sent::Failed(unreachable("no answer in time"))
                }
            }
        })
        .await
    }

    fn request(&self, spans: &[SpanData]) -> ExportTraceServiceRequest {
        let spans = spans.iter().map(|span| self.filter.span(span).into_owned()).collect();
        ExportTraceServiceRequest { resource_spans: group_spans_by_resource_and_scope(spans, &self.resource) }
    }
}

impl Exporter for Otlp {
    fn limits(&self) -> BatchLimits {
        // Half a second more than the request's own limit, so that the request's is the one that is told.
        let patience = self.settings.timeout.saturating_mul(2) + Duration::from_millis(500);
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

/// What kept a request from being answered.
fn broken(error: &(dyn std::error::Error + 'static)) -> Trouble {
    if !tls::is_distrust(error) {
        return unreachable(&chain(error));
    }
    Trouble {
        lasting: true,
        after: None,
        what: format!("TLS with the OTLP receiver fails: {}", brief(&chain(error))),
        remedy: "`ca_file` under `otlp` must hold the authority of the receiver's certificate, `client_cert` and \
                 `client_key` what it asks for; the host in `tracing-endpoint` must be one that the certificate names"
            .to_owned(),
    }
}

fn unreachable(why: &str) -> Trouble {
    Trouble {
        lasting: false,
        after: None,
        what: format!("the OTLP receiver cannot be reached: {}", brief(why)),
        remedy:
            "check that it runs, `tracing-endpoint`, `tracing-otlp-protocol`, the network between, and whether it asks \
                 for a certificate (`client_cert` under `otlp`)"
                .to_owned(),
    }
}

fn refusing(said: &str) -> Trouble {
    Trouble {
        lasting: true,
        after: None,
        what: format!("the OTLP receiver refuses the spans: {}", brief(said)),
        remedy: "check the endpoint, the protocol, and the headers or token that it asks for".to_owned(),
    }
}

fn busy(said: &str, after: Option<Duration>) -> Trouble {
    Trouble {
        lasting: false,
        after,
        what: format!("the OTLP receiver cannot take the spans now: {}", brief(said)),
        remedy: "they are sent again; if this stays, look at the receiver's log".to_owned(),
    }
}

#[cfg(test)]
mod tests;
