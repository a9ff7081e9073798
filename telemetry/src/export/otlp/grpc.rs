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

use super::super::split::Sent;
use super::super::words::brief;
use super::super::{Refusal, Trouble};
use super::connector::{Connector, Versions, connector};
use super::trouble::{broken, busy, refusing};
use super::{Failure, LARGEST_ANSWER, endpoint, later};
use crate::counters::DropReason;

/// Most bytes of an answer: one less than a receiver's limit for requests by custom, so that the words of a refusal tell
/// whose limit it was.
const OWN_LIMIT: usize = LARGEST_ANSWER - 1;

/// A client on connections of its own.
#[derive(Debug)]
pub(super) struct Grpc(TraceServiceClient<Client<Connector, tonic::body::Body>>);

impl Grpc {
    pub(super) fn new(settings: &OtlpSettings, endpoint: Option<&Endpoint>) -> Result<Self, Trouble> {
        let origin = endpoint::grpc(endpoint)?;
        let connector = connector(settings, &origin, Versions::Two)?;
        let http = Client::builder(TokioExecutor::new()).http2_only(true).build(connector);
        let client = TraceServiceClient::with_origin(http, origin)
            .accept_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(OWN_LIMIT);
        Ok(Self(match settings.compression {
            Compression::Gzip => client.send_compressed(CompressionEncoding::Gzip),
            Compression::None => client,
        }))
    }

    pub(super) async fn send(
        &self,
        request: ExportTraceServiceRequest,
        headers: &HeaderMap,
    ) -> Result<ExportTraceServiceResponse, Failure> {
        let metadata = MetadataMap::from_headers(headers.clone());
        let request = Request::from_parts(metadata, Extensions::default(), request);
        let answer = self.0.clone().export(request).await;
        answer.map(tonic::Response::into_inner).map_err(|status| Failure {
            sent: Box::new(read(&status)),
            unauthenticated: status.code() == Code::Unauthenticated,
        })
    }
}

/// Which codes may go better the next time is fixed by the OTLP specification. Where somebody has to change something,
/// the spans wait for that; all else that is final is lost, and what is bad in a request is looked for in its halves.
fn read(status: &Status) -> Sent {
    let said = match status.message() {
        "" => format!("{:?}", status.code()),
        message => format!("{:?}: {message}", status.code()),
    };
    let refusal = |reason| Refusal {
        reason,
        code: format!("{:?}", status.code()),
        what: brief(&format!("the OTLP receiver has refused spans: {said}")),
    };
    let after = later::by_details(status.details());
    let lasts =
        matches!(status.code(), Code::Unauthenticated | Code::PermissionDenied | Code::Unimplemented | Code::NotFound);
    // What has a source did not come from the receiver.
    if let Some(source) = std::error::Error::source(status)
        && !lasts
    {
        return Sent::Failed(broken(source));
    }
    match status.code() {
        Code::InvalidArgument | Code::FailedPrecondition => Sent::Refused(refusal(DropReason::Rejected)),
        Code::ResourceExhausted | Code::OutOfRange if is_about_size(status.message()) => {
            Sent::Refused(refusal(DropReason::TooLarge))
        }
        _ if lasts => Sent::Failed(refusing(&said)),
        // The answer, not the request, was too large: the request is not to be sent again.
        Code::OutOfRange if status.message().contains(&OWN_LIMIT.to_string()) => {
            Sent::Lost(refusal(DropReason::Rejected))
        }
        Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unavailable
        | Code::DataLoss => Sent::Failed(busy(&said, after)),
        // Only a receiver that says when to come again will have room.
        Code::ResourceExhausted if after.is_some() => Sent::Failed(busy(&said, after)),
        _ => Sent::Lost(refusal(DropReason::Rejected)),
    }
}

/// Whether it is the size of the message that is refused: gRPC has no code of its own for it, and its libraries word it
/// like this (Go and C++, Java, Rust).
fn is_about_size(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    let is_own = message.contains(&OWN_LIMIT.to_string());
    !is_own
        && ["larger than max", "exceeds maximum size", "length too large"].iter().any(|words| message.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_is_too_large_is_told_from_a_receiver_that_is_busy() {
        let large = Status::resource_exhausted("grpc: received message larger than max (5000000 vs. 4194304)");
        assert!(matches!(read(&large), Sent::Refused(Refusal { reason: DropReason::TooLarge, .. })));
        assert!(matches!(read(&Status::resource_exhausted("too many requests")), Sent::Lost(_)));
        let answer = Status::out_of_range(
            "Error, decoded message length too large: found 9000000 bytes, the limit is: 4194303 bytes",
        );
        assert!(matches!(read(&answer), Sent::Lost(_)));
    }

    #[test]
    fn the_codes_that_the_specification_calls_retryable_are_tried_again_and_no_others() {
        let page = include_str!("../../../../docs/reference/otlp.md");
        let table = page.split_once("<!-- answers:begin -->").unwrap().1.split_once("<!-- answers:end -->").unwrap().0;
        let rows: Vec<&str> = table.trim().lines().skip(2).map(|row| row.split('|').nth(2).unwrap()).collect();
        let [_, again, halves, _, waits, other] = rows[..] else { panic!("{rows:?}") };
        for (name, code) in [
            ("CANCELLED", Code::Cancelled),
            ("UNKNOWN", Code::Unknown),
            ("INVALID_ARGUMENT", Code::InvalidArgument),
            ("DEADLINE_EXCEEDED", Code::DeadlineExceeded),
            ("NOT_FOUND", Code::NotFound),
            ("ALREADY_EXISTS", Code::AlreadyExists),
            ("PERMISSION_DENIED", Code::PermissionDenied),
            ("FAILED_PRECONDITION", Code::FailedPrecondition),
            ("ABORTED", Code::Aborted),
            ("OUT_OF_RANGE", Code::OutOfRange),
            ("UNIMPLEMENTED", Code::Unimplemented),
            ("INTERNAL", Code::Internal),
            ("UNAVAILABLE", Code::Unavailable),
            ("DATA_LOSS", Code::DataLoss),
            ("UNAUTHENTICATED", Code::Unauthenticated),
        ] {
            let expected = match read(&Status::new(code, "")) {
                Sent::Failed(Trouble { lasting: false, .. }) => again,
                Sent::Failed(Trouble { lasting: true, .. }) => waits,
                Sent::Refused(_) => halves,
                Sent::Lost(_) => other,
                Sent::Answered(_) | Sent::Some { .. } => panic!("{name}"),
            };
            let listed = [again, halves, waits].into_iter().find(|row| row.contains(&format!("`{name}`")));
            assert_eq!(listed.unwrap_or(other), expected, "{name}");
        }
    }
}
