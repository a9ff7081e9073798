//! The sampler as the SDK's tracer asks it.

use std::sync::Arc;

use opentelemetry::trace::{Link, SpanKind, TraceContextExt, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};

use super::account::Facts;
use super::{Decision, Sampler, Verdict};
use crate::attribute;
use crate::propagation::Undecided;

/// Gives the decision in the SDK's words, and the reason as an attribute.
#[derive(Clone, Debug)]
pub(crate) struct SdkSampler(pub(crate) Arc<Sampler>);

impl ShouldSample for SdkSampler {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        _name: &str,
        _kind: &SpanKind,
        attributes: &[KeyValue],
        _links: &[Link],
    ) -> SamplingResult {
        let facts = Facts { attributes };
        let (verdict, trace_state) = match parent.filter(|cx| cx.span().span_context().is_valid()) {
            Some(cx) => {
                let span = cx.span();
                let parent = span.span_context();
                let undecided = cx.get::<Undecided>().is_some() && parent.is_remote();
                (self.0.for_child(parent, undecided, &facts), parent.trace_state().clone())
            }
            None => (self.0.for_root(trace_id, &facts), TraceState::NONE),
        };
        let Verdict { decision, reason } = verdict;
        let decision = match decision {
            Decision::Off | Decision::Drop => SamplingDecision::Drop,
            Decision::Record | Decision::RecordForNow => SamplingDecision::RecordAndSample,
        };
        let said = reason.map(|reason| KeyValue::new(attribute::SPAWN_SAMPLING_REASON, reason));
        SamplingResult { decision, attributes: said.into_iter().collect(), trace_state }
    }
}
