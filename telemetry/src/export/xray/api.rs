//! The requests themselves: each is tried again at once where that may help, with AWS's time or with new credentials.

use std::cell::Cell;
use std::rc::Rc;
use std::time::SystemTime;

use aws_sdk_xray::Client;
use aws_sdk_xray::config::IdentityCache;
use aws_sdk_xray::error::SdkError;
use aws_sdk_xray::operation::put_trace_segments::{PutTraceSegmentsError, PutTraceSegmentsOutput};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::header::CONTENT_LENGTH;

use super::super::Spilled;
use super::super::split::Sent;
use super::direct::{Seen, Way};
use super::records::Records;
use super::{Document, answer, body, trouble};

/// Most bytes of memory that are kept for the next body: one of usual documents takes half of it.
const BUFFER: usize = 128 * 1024;

/// A client beside the exporter's, for what the sampler asks.
#[expect(clippy::disallowed_methods, reason = "it has no interceptor either, so it makes no span")]
pub(in crate::export) fn second_client(config: aws_sdk_xray::Config) -> Client {
    Client::from_conf(config)
}

/// The client, and what is noted of its requests.
#[derive(Debug)]
pub(super) struct Api {
    pub(super) client: Client,
    pub(super) records: Records,
    /// Seconds by which AWS's clock is ahead of ours, if a request was refused for that and nobody was told yet.
    pub(super) skew: Option<i64>,
    /// The way that the last request has gone and was taken.
    way: Option<Way>,
    /// The memory of the last body, for the next.
    buffer: Vec<u8>,
}

pub(super) type Answer = Result<PutTraceSegmentsOutput, SdkError<PutTraceSegmentsError, HttpResponse>>;

impl Api {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one X-Ray client; it has no interceptor, so it makes no span"
    )]
    pub(super) fn new(config: aws_sdk_xray::Config, spilled: Rc<Cell<Spilled>>) -> Self {
        Self {
            client: Client::from_conf(config),
            records: Records::new(spilled),
            skew: None,
            way: None,
            buffer: Vec::new(),
        }
    }

    /// Sends a request with these documents.
    pub(super) async fn put(&mut self, documents: &[&Document]) -> Sent {
        body::write(documents, &mut self.buffer);
        let body = Bytes::from(std::mem::take(&mut self.buffer));
        let answer = match self.directly(&body).await {
            Some(answer) => answer,
            None => self.by_the_sdk(&body).await,
        };
        // Nobody else has it any more, unless the connection still writes after an early answer.
        self.buffer = body.try_into_mut().map(Vec::from).unwrap_or_default();
        if self.buffer.capacity() > BUFFER {
            self.buffer = Vec::new();
        }
        match answer {
            Ok(output) => answer::read(documents, output.unprocessed_trace_segments()),
            Err(error) => {
                self.records.count_failure(&error);
                trouble::read(&error)
            }
        }
    }

    /// The answer to a request that goes the way of the last one. `None` where there is no such way, or where it has ended
    /// with what the SDK can mend.
    async fn directly(&mut self, body: &Bytes) -> Option<Answer> {
        let way = self.way.take()?;
        let answer = way.send(body.clone()).await?;
        match &answer {
            Ok(_) => self.way = Some(way),
            Err(error) if trouble::is_about_time(error) => return None,
            Err(error) if trouble::is_about_credentials(error) => {
                // The SDK would send with those that were just refused, once more in vain.
                self.forget_credentials();
                return None;
            }
            Err(_) => {}
        }
        Some(answer)
    }

    async fn by_the_sdk(&mut self, body: &Bytes) -> Answer {
        let mut answer = self.ask(body).await;
        let (mut times, mut renewals) = (1, 1);
        loop {
            match &answer {
                Err(error) if times > 0 && trouble::is_about_time(error) => {
                    times -= 1;
                    self.skew = trouble::skew(error, SystemTime::now()).or(self.skew);
                }
                Err(error) if renewals > 0 && trouble::is_about_credentials(error) => {
                    renewals -= 1;
                    // The new client has to learn of the time anew.
                    times = 1;
                    self.forget_credentials();
                }
                _ => return answer,
            }
            answer = self.ask(body).await;
        }
    }

    async fn ask(&mut self, body: &Bytes) -> Answer {
        let (seen, body) = (Seen::default(), body.clone());
        let request = self.client.put_trace_segments().set_trace_segment_documents(Some(Vec::new())).customize();
        let written = request.mutate_request(move |request| {
            request.headers_mut().insert(CONTENT_LENGTH, body.len().to_string());
            *request.body_mut() = SdkBody::from(body.clone());
        });
        let answer = written.interceptor(seen.clone()).send().await;
        if answer.is_ok() {
            self.way = seen.take();
        }
        answer
    }

    /// Has whoever hands out the credentials asked again: those that the program shares are cached for as long as they said
    /// that they would hold, and AWS has just said that they do not.
    #[expect(
        clippy::disallowed_methods,
        reason = "it takes the place of the one X-Ray client, with no interceptor either"
    )]
    fn forget_credentials(&mut self) {
        tracing::debug!("X-Ray takes the credentials no more: asking for them again");
        let config = self.client.config().to_builder().identity_cache(IdentityCache::lazy().build());
        self.client = Client::from_conf(config.build());
    }
}
