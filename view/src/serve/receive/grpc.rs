//! OTLP over gRPC.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderValue};
use http_body::Frame;
use http_body_util::BodyExt as _;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::TraceService;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use tonic::{Code, Status};

use super::{MOST_BYTES, Receiver, Refusal, Speech, partly};
use crate::serve::store::Coming;

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, Status> {
        Ok(tonic::Response::new(answer(self.live.add(request.into_inner().resource_spans, Coming::Fresh))))
    }
}

/// The answer to a message of which so many spans were refused.
pub(super) fn answer(refused: u64) -> ExportTraceServiceResponse {
    let partial_success = (refused > 0).then(|| ExportTracePartialSuccess {
        rejected_spans: i64::try_from(refused).unwrap_or(i64::MAX),
        error_message: partly(refused),
    });
    ExportTraceServiceResponse { partial_success }
}

/// Takes metrics and logs, and keeps none: an SDK that sends them beside its traces would complain without end.
pub(super) async fn passed_over(State(receiver): State<Receiver>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    if Speech::of(&parts.headers) != Speech::Grpc || to_bytes(body, MOST_BYTES).await.is_err() {
        let refusal = Refusal::new(http::StatusCode::BAD_REQUEST, Code::InvalidArgument, "this is no message of gRPC");
        return refusal.answer(Speech::of(&parts.headers));
    }
    receiver.pass_over(parts.uri.path());
    // A message of no bytes says that all went well: not compressed, and of this length.
    let said = http_body_util::Full::new(Bytes::from_static(&[0; 5]));
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let body = said.with_trailers(std::future::ready(Some(Ok(trailers)))).map_frame(|frame: Frame<Bytes>| frame);
    ([(CONTENT_TYPE, HeaderValue::from_static(Speech::Grpc.content_type()))], Body::new(body)).into_response()
}
