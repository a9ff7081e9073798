//! OTLP by HTTP, as protobuf.

use std::io::Write;
use std::time::{Duration, SystemTime};

use ::http::{HeaderMap, Method, Request, StatusCode, Uri, header};
use bytes::Bytes;
use flate2::write::GzEncoder;
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use prost::Message;
use spawn_config::{Compression, Endpoint, OtlpSettings};

use super::super::Trouble;
use super::super::split::Sent;
use super::connector::{Connector, Versions, connector};
use super::{broken, busy, endpoint, later, refusing, unreachable};
use crate::counters::DropReason;

/// Most bytes of an answer that are read.
const LONGEST_ANSWER: usize = 64 * 1024;
/// The body's type, also of the answer that is asked for.
const PROTOBUF: &str = "application/x-protobuf";

/// A client on connections of its own. It follows no redirect.
#[derive(Debug)]
pub(super) struct Http {
    client: Client<Connector, Full<Bytes>>,
    uri: Uri,
    compression: Compression,
}

impl Http {
    pub(super) fn new(settings: &OtlpSettings, endpoint: Option<&Endpoint>) -> Result<Self, Trouble> {
        let uri = endpoint::http(endpoint)?;
        let connector = connector(settings, &uri, Versions::OneAndTwo)?;
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { client, uri, compression: settings.compression })
    }

    pub(super) async fn send(
        &self,
        request: &ExportTraceServiceRequest,
        headers: &HeaderMap,
    ) -> Result<ExportTraceServiceResponse, Sent> {
        let body = request.encode_to_vec();
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(self.uri.clone())
            .header(header::CONTENT_TYPE, PROTOBUF)
            .header(header::USER_AGENT, concat!("spawn-telemetry/", env!("CARGO_PKG_VERSION")));
        let body = match self.compression {
            Compression::None => body,
            Compression::Gzip => {
                request = request.header(header::CONTENT_ENCODING, "gzip");
                zipped(&body).map_err(|error| Sent::Failed(unreachable(&error.to_string())))?
            }
        };
        let mut request =
            request.body(Full::from(body)).map_err(|error| Sent::Failed(unreachable(&error.to_string())))?;
        request.headers_mut().extend(headers.clone());
        let answer = self.client.request(request).await.map_err(|error| Sent::Failed(broken(&error)))?;
        let status = answer.status();
        let after = later::by_header(answer.headers(), SystemTime::now());
        let body = Limited::new(answer.into_body(), LONGEST_ANSWER).collect().await;
        let body = body.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        read(status, after, &body)
    }
}

/// Which statuses may go better the next time is fixed by the OTLP specification; other 5xx are treated as such too.
fn read(status: StatusCode, after: Option<Duration>, body: &[u8]) -> Result<ExportTraceServiceResponse, Sent> {
    match status.as_u16() {
        // The spans were taken, whatever the body is.
        200..=299 => Ok(ExportTraceServiceResponse::decode(body).unwrap_or_default()),
        400 | 413 | 422 => {
            let reason =
                if status == StatusCode::PAYLOAD_TOO_LARGE { DropReason::TooLarge } else { DropReason::Rejected };
            Err(Sent::Refused { reason, refusal: format!("the OTLP receiver has refused spans: status {status}") })
        }
        408 | 429 | 500..=599 => Err(Sent::Failed(busy(&format!("status {status}"), after))),
        _ => Err(Sent::Failed(refusing(&format!("status {status}")))),
    }
}

fn zipped(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(body)?;
    encoder.finish()
}
