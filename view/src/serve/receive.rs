//! The receiver of OTLP: gRPC and HTTP, protobuf and JSON, each on every port, so that nobody can have the wrong one.

mod admission;
mod grpc;
mod http;
mod refusal;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any_service, post};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::TraceServiceServer;
use tonic::codec::CompressionEncoding;

use super::Tell;
use super::live::Live;
pub(super) use admission::{Admission, loopback_only};
use refusal::{Refusal, Speech};

/// Bytes of a message, decompressed. SDKs send 512 spans at a time, collectors 8,192.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// What a request to the receiver works with.
#[derive(Clone)]
struct Receiver {
    live: Arc<Live>,
    tell: Tell,
}

/// The receiver's routes.
pub(super) fn router(live: Arc<Live>, tell: Tell, admission: Admission) -> Router {
    let receiver = Receiver { live, tell };
    let spans = TraceServiceServer::new(receiver.clone())
        .accept_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(MOST_BYTES);
    Router::new()
        .route("/v1/traces", post(http::traces))
        .route("/v1/metrics", post(http::passed_over))
        .route("/v1/logs", post(http::passed_over))
        .route("/opentelemetry.proto.collector.trace.v1.TraceService/Export", any_service(spans))
        .route("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", post(grpc::passed_over))
        .route("/opentelemetry.proto.collector.logs.v1.LogsService/Export", post(grpc::passed_over))
        .fallback(refusal::unknown)
        .layer(from_fn_with_state(Arc::new(admission), admission::admit))
        .with_state(receiver)
}

impl Receiver {
    /// Says, once, that something came which is not kept.
    fn pass_over(&self, path: &str) {
        let what = if path.to_ascii_lowercase().contains("metrics") { "metrics" } else { "logs" };
        let problem = format!("{what} came, too: they are taken and not kept, because only traces are shown here");
        if self.live.problem(&problem) {
            (self.tell)(&problem);
        }
    }
}

/// What to say of spans that were refused; empty if there are none.
fn partly(refused: u64) -> String {
    match refused {
        0 => String::new(),
        1 => "1 span was refused: its trace id or span id is no id".to_owned(),
        many => format!("{many} spans were refused: their trace ids or span ids are no ids"),
    }
}
