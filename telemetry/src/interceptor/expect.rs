//! Lets a caller say which errors of a call are answers that it planned for.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

/// AWS error codes that are no failures of this call, such as a condition that may well not hold.
///
/// Added to one call with `.customize().interceptor(ExpectErrors(&["ConditionalCheckFailedException"]))`. The span of a
/// call that ends with one of them has `error` false and no error status, and keeps the code in `error.type`.
#[derive(Clone, Copy, Debug)]
pub struct ExpectErrors(pub &'static [&'static str]);

impl Storable for ExpectErrors {
    type Storer = StoreReplace<Self>;
}

#[dyn_dispatch_hint]
impl Intercept for ExpectErrors {
    fn name(&self) -> &'static str {
        "ExpectErrors"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        cfg.interceptor_state().store_put(*self);
        Ok(())
    }
}
