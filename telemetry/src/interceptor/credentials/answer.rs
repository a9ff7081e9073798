//! The answer of a request that was refused: AWS says why in the body, which is passed on as it is read.

use std::pin::Pin;
use std::task::{Context, Poll};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::{Error, SdkBody};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::request::Request;

/// Bytes of an error that are looked at; AWS's are shorter.
const LONGEST: usize = 4096;

/// Lets the request's span wait for the body, if that says why.
pub(super) fn follow(mut answer: HttpResponse, request: Request) -> HttpResponse {
    let mut heard = HttpResponse::new(answer.status(), SdkBody::empty());
    *heard.headers_mut() = answer.headers().clone();
    if !request.speaks_as_aws() {
        request.refused(&heard);
        return answer;
    }
    let inner = std::mem::replace(answer.body_mut(), SdkBody::taken());
    let heard = Some((request, heard));
    *answer.body_mut() = SdkBody::from_body_1_x(Overheard { inner, beginning: Vec::new(), heard });
    answer
}

/// A body whose beginning is kept until it ends.
struct Overheard {
    inner: SdkBody,
    beginning: Vec<u8>,
    heard: Option<(Request, HttpResponse)>,
}

impl Overheard {
    fn tell(&mut self) {
        if let Some((request, mut response)) = self.heard.take() {
            *response.body_mut() = SdkBody::from(std::mem::take(&mut self.beginning));
            request.refused(&response);
        }
    }
}

impl Body for Overheard {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        match &polled {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(frame))) => {
                let room = LONGEST - self.beginning.len();
                if let Some(data) = frame.data_ref() {
                    self.beginning.extend_from_slice(&data[..data.len().min(room)]);
                }
            }
            Poll::Ready(Some(Err(_)) | None) => self.tell(),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        Body::is_end_stream(&self.inner)
    }

    fn size_hint(&self) -> SizeHint {
        Body::size_hint(&self.inner)
    }
}

impl Drop for Overheard {
    fn drop(&mut self) {
        self.tell();
    }
}
