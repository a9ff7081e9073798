//! Follows the body of an answer that is a stream: such a call is over at the last byte, not at the headers.
//!
//! The SDK hands a streamed body to the caller unread and calls no hook afterwards. So the body is put into a
//! [`WatchedBody`], which passes every frame on as it is and tells a [`Reading`] how far the caller has come. When the
//! call is done, its span is left with the reading, which writes it when the body has ended, has failed or is dropped.

mod open;
mod reading;
#[cfg(test)]
mod tests;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::{Error, SdkBody};
use aws_smithy_types::byte_stream::ByteStream;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

pub(crate) use open::OpenBodies;
pub(super) use reading::{FinishedCall, Reading};

/// Puts the response's body under watch; times count from `clock`. Nothing is copied.
pub(super) fn watch(response: &mut HttpResponse, clock: Instant) -> Arc<Reading> {
    let announced = response.headers().get("content-length").and_then(|length| length.parse().ok());
    let reading = Arc::new(Reading::new(clock, announced));
    let body = std::mem::replace(response.body_mut(), SdkBody::taken());
    let watched = reading.clone();
    *response.body_mut() = body.map_preserve_contents(move |inner| {
        SdkBody::from_body_1_x(WatchedBody { inner, reading: watched.clone(), is_outermost: false, is_over: false })
    });
    reading
}

/// Puts the body, as the caller gets it, under the watch of a reading that counts its bytes further in.
pub(super) fn watch_outermost(body: &mut ByteStream, reading: &Arc<Reading>) {
    reading.ends_outermost();
    let reading = reading.clone();
    let inner = std::mem::take(body).into_inner();
    *body = ByteStream::new(inner.map_preserve_contents(move |inner| {
        SdkBody::from_body_1_x(WatchedBody { inner, reading: reading.clone(), is_outermost: true, is_over: false })
    }));
}

/// A body that tells how far it was read.
struct WatchedBody {
    inner: SdkBody,
    reading: Arc<Reading>,
    /// Whether there is another one further in, which counts. If so, this one knows how it ends.
    is_outermost: bool,
    is_over: bool,
}

impl WatchedBody {
    fn end(&mut self, end: impl FnOnce(&Reading)) {
        self.is_over = true;
        if self.is_outermost || !self.reading.is_ended_outermost() {
            end(&self.reading);
        }
    }
}

impl Body for WatchedBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        match &polled {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref().filter(|_| !self.is_outermost) {
                    self.reading.progress(data.len());
                }
            }
            Poll::Ready(Some(Err(error))) => self.end(|reading| reading.fail(&**error)),
            Poll::Ready(None) => self.end(Reading::complete),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        Body::size_hint(&self.inner)
    }
}

impl Drop for WatchedBody {
    /// Whoever knows the length need not read on to be told that there is no more.
    fn drop(&mut self) {
        if !self.is_over {
            let is_end = Body::is_end_stream(&self.inner);
            self.end(|reading| reading.let_go(is_end));
        }
    }
}
