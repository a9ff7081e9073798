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
mod sign;
mod tls;
mod trouble;
mod xray;

use std::borrow::Cow;
use std::cell::RefCell;
use std::iter::once;
use std::time::{Duration, SystemTime};

use ::http::HeaderMap;
use aws_types::SdkConfig;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use prost::Message;
use spawn_config::{Endpoint, OtlpProtocol, OtlpSettings};

use super::split::{Sent, in_halves};
use super::words::brief;
use super::{BatchLimits, Delivering, Exporter, Outcome, Refusal, Remarks, Trouble};
use crate::counters::DropReason;
use crate::filter::Filter;
use crate::otlp_json::{self, Source};
use headers::Headers;
use trouble::unreachable;

/// Most bytes of a request before it is compressed, which the OTLP specification recommends to both sides.
const LARGEST: usize = 64 * 1024 * 1024;
/// Most bytes of an answer after it is decompressed, by the same specification; gRPC keeps it by itself.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;
/// The code of spans that a receiver has refused in an answer that takes the rest.
const PARTIAL: &str = "partial_success";

/// Sends spans as OTLP requests.
#[derive(Debug)]
pub(super) struct Otlp {
    settings: OtlpSettings,
    endpoint: Option<Endpoint>,
    aws: Option<SdkConfig>,
    transport: Transport,
    headers: Headers,
    resource: ResourceAttributesWithSchema,
    filter: Filter,
    source: Source,
    /// Whether the receiver is X-Ray, which has limits of its own.
    is_xray: bool,
    /// Most bytes of a request before it is compressed.
    largest: usize,
    /// What the receiver said last without refusing anything.
    warned: RefCell<String>,
}

/// Why a request was not taken.
#[derive(Debug)]
struct Failure {
    sent: Box<Sent>,
    /// Whether a token or credentials that are renewed may help.
    unauthenticated: bool,
}

impl From<Sent> for Failure {
    fn from(sent: Sent) -> Self {
        Self { sent: Box::new(sent), unauthenticated: false }
    }
}

#[derive(Debug)]
enum Transport {
    Grpc(grpc::Grpc),
    Http(http::Http),
}

impl Transport {
    fn new(settings: &OtlpSettings, endpoint: Option<&Endpoint>, aws: Option<&SdkConfig>) -> Result<Self, Trouble> {
        let xray_region = endpoint.and_then(Endpoint::xray_region);
        let form = match settings.protocol {
            OtlpProtocol::Grpc if xray_region.is_some() => return Err(sign::speaks_http_only()),
            OtlpProtocol::Grpc => return grpc::Grpc::new(settings, endpoint).map(Self::Grpc),
            OtlpProtocol::Http => http::Form::Protobuf,
            OtlpProtocol::HttpJson => http::Form::Json,
        };
        // Only a host of AWS gets a signature, and `xray_region` knows no other.
        let signer = xray_region.map(|region| sign::Signer::new(region, aws)).transpose()?;
        http::Http::new(settings, endpoint, form, signer).map(Self::Http)
    }
}

impl Otlp {
    /// The resource is filtered already. `aws` has the credentials for X-Ray's own OTLP endpoint.
    pub(super) fn new(
        settings: &OtlpSettings,
        endpoint: Option<&Endpoint>,
        resource: &Resource,
        filter: Filter,
        aws: Option<&SdkConfig>,
    ) -> Result<Self, Trouble> {
        let is_xray = endpoint.is_some_and(|endpoint| endpoint.xray_region().is_some());
        Ok(Self {
            settings: settings.clone(),
            endpoint: endpoint.cloned(),
            aws: aws.cloned(),
            transport: Transport::new(settings, endpoint, aws)?,
            headers: Headers::new(settings)?,
            resource: resource.into(),
            source: Source::new(resource, filter.clone()),
            filter,
            is_xray,
            largest: if is_xray { xray::LARGEST } else { LARGEST },
            warned: RefCell::default(),
        })
    }

    async fn send(&mut self, spans: &[SpanData]) -> Outcome {
        let mut is_silent = false;
        let mut outcome = self.try_to_send(spans, &mut is_silent).await;
        if is_silent {
            // HTTP/2 would use a dead connection again and again, until TCP gives it up after a quarter of an hour.
            match Transport::new(&self.settings, self.endpoint.as_ref(), self.aws.as_ref()) {
                Ok(transport) => self.transport = transport,
                Err(trouble) => outcome.trouble = Some(trouble),
            }
        }
        outcome
    }

    async fn try_to_send(&self, spans: &[SpanData], is_silent: &mut bool) -> Outcome {
        let (ranges, too_old) = if self.is_xray {
            xray::ranges(spans, SystemTime::now())
        } else {
            (once(0..spans.len()).collect(), Vec::new())
        };
        let mut outcome = in_halves(spans.len(), ranges.into_iter(), async |places: &[usize]| {
            // OTLP names no span, so a range only ever falls into ranges.
            let range = places.first().map_or(0..0, |first| *first..first + places.len());
            self.ask(&spans[range], is_silent).await
        })
        .await;
        too_old.into_iter().for_each(|place| outcome.refuse(place, rejected("", xray::OUT_OF_TIME.to_owned())));
        outcome
    }

    /// Sends one request; once more if the receiver does not know us and the token or the credentials are others by now.
    async fn ask(&self, spans: &[SpanData], is_silent: &mut bool) -> Sent {
        let mut headers = match self.headers.now() {
            Ok(headers) => headers,
            Err(trouble) => return Sent::Failed(trouble),
        };
        let mut tried_again = false;
        loop {
            let Ok(answer) = tokio::time::timeout(self.settings.timeout, self.ask_once(spans, &headers)).await else {
                *is_silent = true;
                return Sent::Failed(unreachable("no answer in time"));
            };
            let failure = match answer {
                Ok(answer) => return self.accepted(spans.len(), answer),
                Err(failure) => failure,
            };
            if !failure.unauthenticated || tried_again || !self.renew(&mut headers).await {
                return *failure.sent;
            }
            tried_again = true;
        }
    }

    async fn ask_once(&self, spans: &[SpanData], headers: &HeaderMap) -> Result<ExportTraceServiceResponse, Failure> {
        match &self.transport {
            Transport::Grpc(grpc) => {
                let request = self.request(spans);
                fits(request.encoded_len(), self.largest)?;
                grpc.send(request, headers).await
            }
            Transport::Http(http) => {
                let body = match http.form() {
                    http::Form::Protobuf => self.request(spans).encode_to_vec(),
                    http::Form::Json => self.json(spans),
                };
                fits(body.len(), self.largest)?;
                http.send(body, headers).await
            }
        }
    }

    /// Whether there is a token or a signature now that the receiver has not seen.
    async fn renew(&self, headers: &mut HeaderMap) -> bool {
        let renewed = self.headers.now().unwrap_or_default();
        if !renewed.is_empty() && renewed != *headers {
            *headers = renewed;
            return true;
        }
        match &self.transport {
            Transport::Grpc(_) => false,
            Transport::Http(http) => http.renew_credentials().await,
        }
    }

    fn request(&self, spans: &[SpanData]) -> ExportTraceServiceRequest {
        let spans = spans.iter().map(|span| self.shown(span).into_owned()).collect();
        ExportTraceServiceRequest { resource_spans: group_spans_by_resource_and_scope(spans, &self.resource) }
    }

    fn json(&self, spans: &[SpanData]) -> Vec<u8> {
        let mut body = Vec::new();
        if self.is_xray {
            let spans: Vec<_> = spans.iter().map(|span| self.shown(span).into_owned()).collect();
            otlp_json::write(&self.source, &spans, &mut body);
        } else {
            otlp_json::write(&self.source, spans, &mut body);
        }
        body
    }

    /// The span as the receiver may see it, and no larger than it takes.
    fn shown<'a>(&self, span: &'a SpanData) -> Cow<'a, SpanData> {
        let span = self.filter.span(span);
        if self.is_xray { xray::cut(span) } else { span }
    }

    /// What a receiver that has taken the request says. OTLP tells how many spans it refused, not which, and forbids to send
    /// the request again: the last ones are counted for them. One that refused none may still have something to say.
    fn accepted(&self, spans: usize, answer: ExportTraceServiceResponse) -> Sent {
        let ExportTracePartialSuccess { rejected_spans, error_message } = answer.partial_success.unwrap_or_default();
        let refused = usize::try_from(rejected_spans).unwrap_or(0).min(spans);
        let said = brief(&error_message);
        if refused == 0 {
            if !said.is_empty() && said != *self.warned.borrow() {
                tracing::warn!("the OTLP receiver has taken the spans, and says: {said}");
                self.warned.replace(said);
            }
            return Sent::Answered(Outcome::delivered(spans));
        }
        let mut outcome = Outcome::delivered(spans);
        let what = if refused == spans {
            format!("the OTLP receiver has refused spans: {said}")
        } else {
            format!("the OTLP receiver has refused {refused} of {spans} spans, and does not say which: {said}")
        };
        let refusal = rejected(PARTIAL, what);
        // Those that it means are among these; all of them may be set aside.
        outcome.refusals.extend((0..spans - refused).map(|place| (place, refusal.clone())));
        (spans - refused..spans).for_each(|place| outcome.refuse(place, refusal.clone()));
        Sent::Answered(outcome)
    }
}

/// Whether a request of so many bytes may be sent; one that is too large is tried in halves.
fn fits(bytes: usize, largest: usize) -> Result<(), Failure> {
    if bytes <= largest {
        return Ok(());
    }
    let refusal = format!("spans of {bytes} bytes are too large for an OTLP receiver, which takes {largest} a request");
    Err(Sent::Refused(Refusal { reason: DropReason::TooLarge, code: String::new(), what: refusal }).into())
}

/// The refusal of spans for what they are.
fn rejected(code: &str, what: String) -> Refusal {
    Refusal { reason: DropReason::Rejected, code: code.to_owned(), what }
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

    fn remarks(&mut self) -> Remarks {
        let skew = match &self.transport {
            Transport::Http(http) => http.take_skew(),
            Transport::Grpc(_) => None,
        };
        Remarks { skew, ..Remarks::default() }
    }
}

#[cfg(test)]
mod tests;
