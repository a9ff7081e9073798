//! An answer to documents, read as the SDK reads it.

use std::borrow::Cow;

use aws_sdk_xray::error::{ErrorMetadata, SdkError};
use aws_sdk_xray::operation::put_trace_segments::{PutTraceSegmentsError, PutTraceSegmentsOutput};
use aws_sdk_xray::types::UnprocessedTraceSegment;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body_util::BodyExt;
use serde::Deserialize;

use super::super::api::Answer;

/// What X-Ray says of a request that it has taken.
#[derive(Debug, Default, Deserialize)]
struct Taken<'a> {
    #[serde(rename = "UnprocessedTraceSegments", borrow)]
    unprocessed: Option<Vec<Option<Unprocessed<'a>>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Unprocessed<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    error_code: Option<Cow<'a, str>>,
    #[serde(borrow)]
    message: Option<Cow<'a, str>>,
}

/// What it says of one that it has not.
#[derive(Debug, Default, Deserialize)]
struct Refused<'a> {
    #[serde(borrow)]
    code: Option<Cow<'a, str>>,
    #[serde(rename = "__type", borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(alias = "Message", alias = "errorMessage", borrow)]
    message: Option<Cow<'a, str>>,
}

/// Waits for the rest of the answer, and reads it.
pub(super) async fn read(mut response: HttpResponse) -> Answer {
    let body = std::mem::replace(response.body_mut(), SdkBody::taken());
    let body = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => return Err(SdkError::response_error(error, response)),
    };
    *response.body_mut() = SdkBody::from(body.clone());
    if !response.status().is_success() {
        let error = PutTraceSegmentsError::generic(refused(&response, &body));
        return Err(SdkError::service_error(error, response));
    }
    taken(&body).map_err(|error| SdkError::response_error(error, response))
}

fn taken(body: &Bytes) -> Result<PutTraceSegmentsOutput, serde_json::Error> {
    let Taken { unprocessed } = if body.is_empty() { Taken::default() } else { serde_json::from_slice(body)? };
    let unprocessed = unprocessed.map(|all| all.into_iter().flatten().map(segment).collect());
    Ok(PutTraceSegmentsOutput::builder().set_unprocessed_trace_segments(unprocessed).build())
}

fn segment(of: Unprocessed<'_>) -> UnprocessedTraceSegment {
    let Unprocessed { id, error_code, message } = of;
    let [id, code, message] = [id, error_code, message].map(|text| text.map(Cow::into_owned));
    UnprocessedTraceSegment::builder().set_id(id).set_error_code(code).set_message(message).build()
}

fn refused(response: &HttpResponse, body: &Bytes) -> ErrorMetadata {
    // What is no JSON came from something in between: its status says what there is to say.
    let Refused { code, kind, message } = serde_json::from_slice(body).unwrap_or_default();
    let code = response.headers().get("x-amzn-errortype").map(Cow::Borrowed).or(code).or(kind);
    let error = ErrorMetadata::builder();
    match (&code, message) {
        // Without a code the SDK reads no further.
        (None, _) => error,
        (Some(code), None) => error.code(bare(code)),
        (Some(code), Some(message)) => error.code(bare(code)).message(message),
    }
    .build()
}

/// The code without the namespace before it and the address behind it.
fn bare(code: &str) -> &str {
    let code = code.split_once(':').map_or(code, |(code, _)| code);
    code.split_once('#').map_or(code, |(_, code)| code)
}
