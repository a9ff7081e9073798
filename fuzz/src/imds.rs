//! What the metadata service announces to a spot instance, whatever it says.

mod notice;

use crate::error::{Error, Result};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// A service that has one answer.
pub(crate) struct Imds(String);

impl Imds {
    async fn required(&self, _: &str) -> Result<String> {
        Ok(self.0.clone())
    }

    async fn optional(&self, _: &str) -> Result<Option<String>> {
        Ok(Some(self.0.clone()))
    }
}

/// A notice, or an error that says where it was read and why it is none.
pub fn notices(text: &str) {
    let imds = Imds(text.to_owned());
    match now(imds.spot_notice()) {
        Ok(notice) => assert!(notice.is_some_and(|notice| !notice.action.as_str().is_empty())),
        Err(Error::Metadata { path, reason }) => assert!(!path.is_empty() && !reason.is_empty()),
    }
    drop((now(imds.rebalance()).is_ok(), now(imds.is_spot()).is_ok()));
}

fn now<T>(work: impl Future<Output = T>) -> T {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => unreachable!("the service above answers at once"),
    }
}
