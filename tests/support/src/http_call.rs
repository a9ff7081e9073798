//! One HTTP request and its whole answer, without TLS: all that this crate asks of the servers on loopback.

use anyhow::Context as _;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

/// Sends `request` on a connection of its own and reads the answer to its end.
pub(crate) async fn call(request: Request<Bytes>) -> anyhow::Result<Response<Bytes>> {
    let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
    let uri = request.uri().clone();
    let response = client.request(request.map(Full::new)).await.with_context(|| format!("call {uri}"))?;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.with_context(|| format!("read the answer of {uri}"))?.to_bytes();
    Ok(Response::from_parts(parts, body))
}

/// Gets a JSON value.
pub(crate) async fn get_json(url: &str) -> anyhow::Result<serde_json::Value> {
    let response = call(Request::get(url).body(Bytes::new())?).await?;
    serde_json::from_slice(response.body()).with_context(|| format!("read JSON from {url}"))
}
