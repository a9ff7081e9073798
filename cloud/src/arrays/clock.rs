//! AWS's time, as its answers tell it: leases of different hosts are compared by one clock, however their own are set.

use super::task::Millis;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::Format;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Differences below this are the header's whole seconds and the way of the answer, not a clock that is off.
const TOLERANCE: Millis = 2_000;

/// The time by the last answer's `Date`. Clones share it. It hears as an interceptor of the clients that it is given to.
#[derive(Clone, Debug, Default)]
pub struct ServerClock {
    /// Milliseconds that AWS is ahead of this host.
    offset: Arc<AtomicI64>,
}

impl ServerClock {
    /// The time; the host's own where nothing contradicts it.
    #[must_use]
    pub fn now(&self) -> Millis {
        let offset = self.offset.load(Ordering::Relaxed);
        own() + if offset.abs() > TOLERANCE { offset } else { 0 }
    }

    /// Milliseconds that AWS is ahead of this host, as far as is known.
    #[must_use]
    pub fn offset(&self) -> Millis {
        self.offset.load(Ordering::Relaxed)
    }

    fn hear(&self, date: &str) {
        let told = DateTime::from_str(date, Format::HttpDate).ok().and_then(|told| told.to_millis().ok());
        if let Some(told) = told {
            self.offset.store(told - own(), Ordering::Relaxed);
        }
    }
}

fn own() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX / 2)
}

#[dyn_dispatch_hint]
impl Intercept for ServerClock {
    fn name(&self) -> &'static str {
        "ServerClock"
    }

    /// Each answer, errors too, says when it was given.
    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(date) = context.response().headers().get("date") {
            self.hear(date);
        }
        Ok(())
    }
}
