//! OTLP by gRPC.

use ::http::HeaderMap;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use spawn_config::{Compression, Endpoint, OtlpSettings};
use tonic::codec::CompressionEncoding;
use tonic::metadata::MetadataMap;
use tonic::{Code, Extensions, Request, Status};

use super::super::Trouble;
use super::super::split::Sent;
use super::super::words::brief;
use super::connector::{Connector, Versions, connector};
use super::{broken, busy, endpoint, later, refusing};
use crate::counters::DropReason;

/// A client on connections of its own.
#[derive(Debug)]
pub(super) struct Grpc(TraceServiceClient<Client<Connector, tonic::body::Body>>);

impl Grpc {
    pub(super) fn new(settings: &OtlpSettings, endpoint: Option<&Endpoint>) -> Result<Self, Trouble> {
        let origin = endpoint::grpc(endpoint)?;
        let connector = connector(settings, &origin, Versions::Two)?;
        let http = Client::builder(TokioExecutor::new()).http2_only(true).build(connector);
        let client = TraceServiceClient::with_origin(http, origin);
        Ok(Self(match settings.compression {
            Compression::Gzip => client.send_compressed(CompressionEncoding::Gzip),
            Compression::None => client,
        }))
    }

    pub(super) async fn send(
        &self,
        request: ExportTraceServiceRequest,
        headers: &HeaderMap,
    ) -> Result<ExportTraceServiceResponse, Sent> {
        let metadata = MetadataMap::from_headers(headers.clone());
        let request = Request::from_parts(metadata, Extensions::default(), request);
        let answer = self.0.clone().export(request).await;
        answer.map(tonic::Response::into_inner).map_err(|status| read(&status))
    }
}

/// Which codes may go better the next time is fixed by the OTLP specification. `Internal` and `Unknown`, which it calls
/// final, are tried again too: proxies make them of troubles that pass.
fn read(status: &Status) -> Sent {
    let said = match status.message() {
        "" => format!("{:?}", status.code()),
        message => format!("{:?}: {message}", status.code()),
    };
    match status.code() {
        Code::InvalidArgument | Code::FailedPrecondition => Sent::Refused {
            reason: DropReason::Rejected,
            refusal: brief(&format!("the OTLP receiver has refused spans: {said}")),
        },
        Code::ResourceExhausted | Code::OutOfRange if is_about_size(status.message()) => Sent::Refused {
            reason: DropReason::TooLarge,
            refusal: brief(&format!("the OTLP receiver has refused spans: {said}")),
        },
        Code::Unauthenticated | Code::PermissionDenied | Code::Unimplemented | Code::NotFound => {
            Sent::Failed(refusing(&said))
        }
        _ => match std::error::Error::source(status) {
            // What has a source did not come from the receiver.
            Some(source) => Sent::Failed(broken(source)),
            None => Sent::Failed(busy(&said, later::by_details(status.details()))),
        },
    }
}

/// Whether it is the size of the message that is refused: gRPC has no code of its own for it, and its libraries word it
/// like this (Go and C++, Java, Rust).
fn is_about_size(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["larger than max", "exceeds maximum size", "length too large"].iter().any(|words| message.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_is_too_large_is_told_from_a_receiver_that_is_busy() {
        let large = Status::resource_exhausted("grpc: received message larger than max (5000000 vs. 4194304)");
        assert!(matches!(read(&large), Sent::Refused { reason: DropReason::TooLarge, .. }));
        let busy = Status::resource_exhausted("too many requests");
        assert!(matches!(read(&busy), Sent::Failed(Trouble { lasting: false, .. })));
    }
}
