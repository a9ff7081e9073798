//! Telemetry records: what X-Ray is told, once a minute, about how the sending of segments goes.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use aws_sdk_xray::Client;
use aws_sdk_xray::error::SdkError;
use aws_sdk_xray::operation::put_trace_segments::PutTraceSegmentsError;
use aws_sdk_xray::types::{BackendConnectionErrors, TelemetryRecord};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use tokio::time::Instant;

use super::super::{Fate, Spilled};

/// How often there is a report, if there is something to report.
const INTERVAL: Duration = Duration::from_secs(60);

/// Who sends, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sender {
    pub(super) instance_id: Option<String>,
    pub(super) hostname: Option<String>,
    pub(super) resource_arn: Option<String>,
}

/// What has happened since the last report.
#[derive(Debug)]
pub(super) struct Records {
    interval: Duration,
    since: Instant,
    now: Counts,
    spilled: Rc<Cell<Spilled>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    received: i32,
    sent: i32,
    rejected: i32,
    spilled: i32,
    timeouts: i32,
    unreachable: i32,
    client_errors: i32,
    server_errors: i32,
}

impl Records {
    pub(super) fn new(spilled: Rc<Cell<Spilled>>) -> Self {
        Self { interval: INTERVAL, since: Instant::now(), now: Counts::default(), spilled }
    }

    /// Changes how often there is a report.
    #[cfg(test)]
    pub(super) fn report_every(&mut self, interval: Duration) {
        self.interval = interval;
    }

    /// Counts what became of a batch; what is to be tried again counts when it is.
    pub(super) fn count(&mut self, fates: &[Fate]) {
        for fate in fates {
            let counter = match fate {
                Fate::Delivered => &mut self.now.sent,
                Fate::Refused(_) => &mut self.now.rejected,
                Fate::Again => continue,
            };
            *counter = counter.saturating_add(1);
            self.now.received = self.now.received.saturating_add(1);
        }
    }

    /// Counts a request that failed.
    pub(super) fn count_failure(&mut self, error: &SdkError<PutTraceSegmentsError, HttpResponse>) {
        let counter = match (error, error.raw_response().map(|response| response.status().as_u16())) {
            (SdkError::TimeoutError(_), _) => &mut self.now.timeouts,
            (_, Some(500..)) => &mut self.now.server_errors,
            (_, Some(_)) => &mut self.now.client_errors,
            (_, None) => &mut self.now.unreachable,
        };
        *counter = counter.saturating_add(1);
    }

    /// Reports if the interval has passed since the last report. The end of a short program is not held up for one.
    pub(super) async fn report_in_time(&mut self, client: &Client, sender: &Sender) {
        if self.since.elapsed() >= self.interval && self.now != Counts::default() {
            self.report(client, sender).await;
        }
    }

    async fn report(&mut self, client: &Client, sender: &Sender) {
        self.since = Instant::now();
        let Spilled { spans, told } = self.spilled.get();
        self.now.spilled = i32::try_from(spans.saturating_sub(told)).unwrap_or(i32::MAX);
        self.now.received = self.now.received.saturating_add(self.now.spilled);
        self.spilled.set(Spilled { spans, told: spans });
        let record = self.now.record();
        self.now = Counts::default();
        let request = client.put_telemetry_records().telemetry_records(record);
        let Sender { instance_id, hostname, resource_arn } = sender.clone();
        let request = request.set_ec2_instance_id(instance_id).set_hostname(hostname).set_resource_arn(resource_arn);
        if let Err(error) = request.send().await {
            // The records are for AWS's own pages; spans do not depend on them.
            tracing::debug!(error = super::super::words::chain(&error), "telemetry records were not taken");
        }
    }
}

impl Counts {
    fn record(self) -> TelemetryRecord {
        let Self { received, sent, rejected, spilled, timeouts, unreachable, client_errors, server_errors } = self;
        let errors = BackendConnectionErrors::builder()
            .timeout_count(timeouts)
            .connection_refused_count(0)
            .http_code4_xx_count(client_errors)
            .http_code5_xx_count(server_errors)
            .unknown_host_count(0)
            .other_count(unreachable);
        let record = TelemetryRecord::builder()
            .timestamp(SystemTime::now().into())
            .segments_received_count(received)
            .segments_sent_count(sent)
            .segments_rejected_count(rejected)
            .segments_spillover_count(spilled)
            .backend_connection_errors(errors.build());
        // The builder asks for nothing but the timestamp, which is set.
        record.build().expect("a record with a timestamp is complete")
    }
}
