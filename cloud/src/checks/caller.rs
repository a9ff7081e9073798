//! Whose the credentials are, and what AWS's clock said when it answered.

use super::Finding;
use crate::account::{self, Caller};
use crate::clients::Clients;
use crate::error::Result;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

/// The same moment on two clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// On this machine's.
    pub here: SystemTime,
    /// On AWS's.
    pub there: SystemTime,
}

/// Asks STS who calls, which needs no permission. The second value is what AWS's clock said, also where AWS refused;
/// `None` where it did not answer.
pub async fn caller(clients: &Clients) -> (Result<Caller>, Option<Moment>) {
    let said = Arc::new(OnceLock::new());
    let call = clients.sts().get_caller_identity().customize().interceptor(ReadDate(said.clone()));
    let caller = account::read(call.send().await);
    (caller, said.get().copied())
}

/// The finding of a `credentials` check.
pub fn credentials(caller: &Result<Caller>) -> Finding {
    match caller {
        Ok(caller) => Finding::ok(format!("{} in account {}", caller.arn, caller.account)),
        Err(error) => Finding::refused(error),
    }
}

/// Acts when an answer has come, and keeps its `Date` header: the first answer's, since the SDK mends its own idea of
/// the time after that and only the first shows how far off this machine is.
#[derive(Debug)]
struct ReadDate(Arc<OnceLock<Moment>>);

#[dyn_dispatch_hint]
impl Intercept for ReadDate {
    fn name(&self) -> &'static str {
        "ReadDate"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> std::result::Result<(), BoxError> {
        let date = context.response().headers().get("date").and_then(super::clock::parse);
        if let Some(there) = date {
            self.0.get_or_init(|| Moment { here: SystemTime::now(), there });
        }
        Ok(())
    }
}
