//! Makes one span of every AWS call, whatever the service, and tells AWS the trace it belongs to.
//!
//! A call's span is written when the call is over (docs/decisions/0002): until then its [`Call`] rests in the call's
//! own configuration, and is dropped with it when the caller loses interest. No hook returns an error, because the SDK
//! would fail the caller's call for it, and code from elsewhere runs behind `catch_unwind`.

mod answered;
mod attempt;
mod body;
mod call;
mod capture;
mod carrier;
mod credentials;
mod error_code;
mod expect;
mod failure;
mod kind;
mod peer;
#[cfg(test)]
mod reference;
mod sent;
mod server;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextMut, BeforeSerializationInterceptorContextMut,
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef,
    FinalizerInterceptorContextMut, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::telemetry::CapturedTelemetryAttributes;
use aws_types::region::Region;
use opentelemetry::KeyValue;

use crate::describe::DescribeCall;
use crate::identity::SpanIdentity;
use crate::propagation::header_value;
use crate::recorder::{Begun, Recorder, Unsampled};
use call::Call;
use capture::Requests;
use carrier::Carrier;
use kind::{CallKind, CallKinds};

pub(crate) use body::OpenBodies;
pub use credentials::{CredentialRequests, TracedIdentities};
pub use expect::ExpectErrors;

/// The header that AWS reads the trace from. AWS's signatures leave it out, because load balancers rewrite it.
const HEADER: &str = "x-amzn-trace-id";

/// The interceptor. One serves the clients of all services.
#[derive(Debug)]
pub(crate) struct TracingInterceptor(Arc<Shared>);

/// What the calls of all clients share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) recorder: Recorder,
    pub(crate) describe: Arc<dyn DescribeCall>,
    identity: Vec<KeyValue>,
    kinds: CallKinds,
    requests: Requests,
}

/// A call under way, as it rests in the call's configuration.
#[derive(Debug)]
enum CallState {
    Unsampled(Unsampled),
    Sampled(Box<Call>),
    Over,
}

impl Storable for CallState {
    type Storer = StoreReplace<Self>;
}

impl TracingInterceptor {
    pub(crate) fn new(recorder: Recorder, describe: Arc<dyn DescribeCall>, identity: &SpanIdentity) -> Self {
        Self(Arc::new(Shared {
            recorder,
            describe,
            identity: identity.attributes(),
            kinds: CallKinds::default(),
            requests: Requests::new(),
        }))
    }
}

/// The recorded call, if there is one.
fn sampled(cfg: &mut ConfigBag) -> Option<&mut Call> {
    match cfg.get_mut_from_interceptor_state::<CallState>() {
        Some(CallState::Sampled(call)) => Some(call),
        _ => None,
    }
}

#[dyn_dispatch_hint]
impl Intercept for TracingInterceptor {
    fn name(&self) -> &'static str {
        "TracingInterceptor"
    }

    /// Decides whether the call is recorded. Service and operation are not known to a client's interceptor yet.
    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let state = match self.0.recorder.begin() {
            Begun::Silent => return Ok(()),
            Begun::Unsampled(unsampled) => CallState::Unsampled(unsampled),
            Begun::Sampled(start) => {
                // Has the SDK note the members that name the resource of a call, before the input is consumed.
                if let Some(request) = self.0.requests.of(cfg) {
                    cfg.interceptor_state().store_put(request);
                }
                CallState::Sampled(Box::new(Call::new(self.0.clone(), start)))
            }
        };
        cfg.interceptor_state().store_put(state);
        Ok(())
    }

    /// Notes what the call is about, while its input is still there.
    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if !matches!(cfg.load::<CallState>(), Some(CallState::Sampled(_))) {
            return Ok(());
        }
        let Some(kind) = self.0.kind(cfg) else { return Ok(()) };
        let Some(call) = sampled(cfg) else { return Ok(()) };
        if let Some(unsampled) = call.settle_operation(&kind) {
            cfg.interceptor_state().store_put(CallState::Unsampled(unsampled));
            return Ok(());
        }
        let mut attributes = call.begin_attributes(&kind);
        if let Some(captured) = cfg.load::<CapturedTelemetryAttributes>() {
            capture::describe(captured, &kind, &mut attributes);
        }
        let described = || self.0.describe.input(&kind.name(), context.input(), &mut attributes);
        if catch_unwind(AssertUnwindSafe(described)).is_err() {
            tracing::debug!(call = %kind.span_name, "describing the input of a call panicked");
        }
        let Some(call) = sampled(cfg) else { return Ok(()) };
        match call.settle_trace(&attributes) {
            Some(unsampled) => _ = cfg.interceptor_state().store_put(CallState::Unsampled(unsampled)),
            None => call.describe(kind, attributes),
        }
        Ok(())
    }

    /// Hands the trace on in what the call sends, once for all attempts; few calls send anything that could carry it.
    fn modify_before_retry_loop(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (carrier, own) = match cfg.load::<CallState>() {
            Some(CallState::Sampled(call)) => match call.carrier() {
                Some(carrier) => (carrier, call.carried()),
                None => return Ok(()),
            },
            Some(CallState::Unsampled(unsampled)) => {
                let carrier = cfg.load::<Metadata>().and_then(|call| Carrier::of(call.service(), call.name()));
                match carrier {
                    Some(carrier) => (carrier, Some(carrier::of_unsampled(unsampled))),
                    None => return Ok(()),
                }
            }
            Some(CallState::Over) | None => return Ok(()),
        };
        carrier.put(own.as_ref(), context.request_mut());
        Ok(())
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(call) = sampled(cfg) {
            call.begin_attempt();
        }
        Ok(())
    }

    /// Passes the trace and its decision on, the decision not to record it too (docs/decisions/0007 says why after signing).
    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let value = match cfg.get_mut_from_interceptor_state::<CallState>() {
            Some(CallState::Unsampled(Unsampled { trace_id, parent, sampled })) => {
                Some(header_value(*trace_id, *parent, *sampled))
            }
            Some(CallState::Sampled(call)) => {
                call.address(request);
                call.header()
            }
            Some(CallState::Over) | None => None,
        };
        // A header that the caller set stays; there rarely is one, so that it is put back rather than looked for.
        if let Some(value) = value
            && let Some(callers) = request.headers_mut().insert(HEADER, value)
        {
            request.headers_mut().insert(HEADER, callers);
        }
        Ok(())
    }

    /// Follows the bodies that callers read by themselves.
    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(call) = sampled(cfg) {
            call.watch(context.response_mut());
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if !matches!(cfg.load::<CallState>(), Some(CallState::Sampled(_))) {
            return Ok(());
        }
        let peer = peer::of(cfg);
        if let Some(call) = sampled(cfg) {
            call.end_attempt(peer, context.response(), context.output_or_error());
        }
        Ok(())
    }

    /// Follows the body as the caller gets it, where it is known where that is.
    fn modify_before_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(call) = sampled(cfg)
            && let Some(Ok(output)) = context.output_or_error_mut()
        {
            call.watch_output(output);
        }
        Ok(())
    }

    /// Writes the span. A presigned request comes here with neither output nor error, and leaves no span.
    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(state) = cfg.get_mut_from_interceptor_state::<CallState>() else { return Ok(()) };
        let CallState::Sampled(mut call) = std::mem::replace(state, CallState::Over) else { return Ok(()) };
        if call.is_unknown()
            && let Some(kind) = self.0.kind(cfg)
        {
            // The call failed before it could be described.
            let attributes = kind.begin_attributes();
            if call.settle_operation(&kind).or_else(|| call.settle_trace(&attributes)).is_some() {
                return Ok(());
            }
            call.describe(kind, attributes);
        }
        // Looked up for errors only: to find that there are none takes as long as all the rest.
        let expected = || cfg.load::<ExpectErrors>().map_or(&[][..], |expected| expected.0);
        call.end(context.output_or_error(), expected);
        Ok(())
    }
}

impl Shared {
    fn kind(&self, cfg: &ConfigBag) -> Option<Arc<CallKind>> {
        let metadata = cfg.load::<Metadata>()?;
        let region = cfg.load::<Region>().map_or("", |region| region.as_ref());
        Some(self.kind_named(metadata.service(), metadata.name(), region))
    }

    fn kind_named(&self, service: &str, operation: &str, region: &str) -> Arc<CallKind> {
        self.kinds.of(service, operation, region, &self.identity)
    }
}
