//! What the SDK's own spans go through on their way to the recorder.

use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use crate::recorder::Recorder;

/// Hands spans of the SDK's tracer to the recorder as they end.
#[derive(Debug)]
pub(crate) struct ToRecorder(pub(crate) Recorder);

impl SpanProcessor for ToRecorder {
    fn on_start(&self, span: &mut Span, parent: &Context) {
        // Only what stands at the top is announced; the rest is not worth a copy.
        let above = parent.span();
        let above = above.span_context();
        if (!above.is_valid() || above.is_remote())
            && let Some(span) = span.exported_data()
        {
            self.0.begun(span);
        }
    }

    /// A span that another provider only records, for processors of its own, is nothing to send.
    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.0.accept_own(span);
        }
    }

    /// The pipeline is flushed and shut down by [`crate::Telemetry`], with a deadline.
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}
