//! Answers, and the ways in which one goes wrong on purpose.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Response, header};
use hyper::body::{Body, Frame};

/// What a handler makes of a request.
#[derive(Debug)]
pub(crate) enum Reply {
    /// The answer, whole.
    Whole(Response<Bytes>),
    /// The answer's head and so many bytes of its body, then the end of the connection.
    CutShort(Response<Bytes>, usize),
    /// No answer, ever.
    Hang,
    /// The end of the connection by a TCP reset, without an answer.
    Reset,
}

/// The answer with its length, as a body that breaks off after `keep` bytes when it is longer.
pub(super) fn with_length(response: Response<Bytes>, keep: usize) -> Response<Cut> {
    let (mut head, body) = response.into_parts();
    // Statuses without a body must not announce one; HEAD answers keep the length that the handler gave.
    if !body.is_empty() {
        head.headers.insert(header::CONTENT_LENGTH, body.len().into());
    }
    let keep = keep.min(body.len());
    Response::from_parts(head, Cut { broken_off: keep < body.len(), flushed: false, rest: Some(body.slice(..keep)) })
}

/// A body that may end too early.
#[derive(Debug)]
pub(super) struct Cut {
    rest: Option<Bytes>,
    broken_off: bool,
    flushed: bool,
}

impl Body for Cut {
    type Data = Bytes;
    type Error = Closed;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if let Some(rest) = self.rest.take() {
            return Poll::Ready(Some(Ok(Frame::data(rest))));
        }
        if !self.broken_off {
            return Poll::Ready(None);
        }
        if !self.flushed {
            // hyper sends what it has when a body makes it wait, and throws it away when a body fails.
            self.flushed = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(Closed)))
    }

    fn is_end_stream(&self) -> bool {
        !self.broken_off && self.rest.as_ref().is_none_or(Bytes::is_empty)
    }
}

/// The handler wants the connection to end.
#[derive(Debug)]
pub(super) struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("closed on purpose")
    }
}

impl std::error::Error for Closed {}
