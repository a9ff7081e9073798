//! The requests themselves: each is tried again at once where that may help, with AWS's time or with new credentials.

use std::cell::Cell;
use std::rc::Rc;
use std::time::SystemTime;

use aws_sdk_xray::Client;
use aws_sdk_xray::config::IdentityCache;
use aws_sdk_xray::error::SdkError;
use aws_sdk_xray::operation::put_trace_segments::{PutTraceSegmentsError, PutTraceSegmentsOutput};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::super::Spilled;
use super::super::split::Sent;
use super::records::Records;
use super::{Document, answer, trouble};

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
}

type Answer = Result<PutTraceSegmentsOutput, SdkError<PutTraceSegmentsError, HttpResponse>>;

impl Api {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one X-Ray client; it has no interceptor, so it makes no span"
    )]
    pub(super) fn new(config: aws_sdk_xray::Config, spilled: Rc<Cell<Spilled>>) -> Self {
        Self { client: Client::from_conf(config), records: Records::new(spilled), skew: None }
    }

    /// Sends a request with these documents.
    pub(super) async fn put(&mut self, documents: &[&Document]) -> Sent {
        let mut answer = self.ask(documents).await;
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
                _ => break,
            }
            answer = self.ask(documents).await;
        }
        match answer {
            Ok(output) => answer::read(documents, output.unprocessed_trace_segments()),
            Err(error) => {
                self.records.count_failure(&error);
                trouble::read(&error)
            }
        }
    }

    async fn ask(&self, documents: &[&Document]) -> Answer {
        let texts = documents.iter().map(|document| document.text.clone()).collect();
        self.client.put_trace_segments().set_trace_segment_documents(Some(texts)).send().await
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
