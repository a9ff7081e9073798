//! What the metadata service announces to a spot instance, whatever it says.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

#[path = "../../cloud/src/imds/notice.rs"]
#[expect(dead_code, reason = "its readers take the rest")]
mod notice;

mod error {
    //! As much of the crate's errors as the file needs.

    pub(crate) type Result<T> = std::result::Result<T, Error>;

    pub(crate) enum Error {
        Metadata { path: String, reason: String },
    }
}

/// A service that has one answer.
struct Imds(String);

impl Imds {
    async fn required(&self, _: &str) -> error::Result<String> {
        Ok(self.0.clone())
    }

    async fn optional(&self, _: &str) -> error::Result<Option<String>> {
        Ok(Some(self.0.clone()))
    }
}

fn now<T>(work: impl Future<Output = T>) -> T {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => unreachable!("the service above answers at once"),
    }
}

fuzz_target!(|text: &str| {
    let imds = Imds(text.to_owned());
    if let Err(error::Error::Metadata { path, reason }) = now(imds.spot_notice()) {
        assert!(!path.is_empty() && !reason.is_empty());
    }
    drop(now(imds.rebalance()));
    drop(now(imds.is_spot()));
});
