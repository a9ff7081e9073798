//! News for pages, as server-sent events: that something has changed, and how it stands. Whoever reads slowly gets fewer
//! of them, and nothing waits for him in memory.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http_body::Frame;
use tokio::sync::watch;

use super::Shown;
use crate::serve::live::Watching;

/// Shortest time between two events: what comes in it is told at once.
const PAUSE: Duration = Duration::from_millis(500);
/// Longest time between two, so that a connection that is gone is found out.
const SILENCE: Duration = Duration::from_secs(15);
/// When a browser tries again.
const RETRY: &str = "retry: 2000\n\n";

/// A stream of events that ends with the server.
pub(super) async fn events(State(shown): State<Shown>) -> Response {
    let (news, _watching) = (shown.live.news(), shown.live.watch());
    let stream = Stream {
        next: Box::pin(std::future::ready(Some((
            Bytes::from_static(RETRY.as_bytes()),
            Told { shown, news, _watching },
        )))),
    };
    ([(CONTENT_TYPE, "text/event-stream")], Body::new(stream)).into_response()
}

/// What has been told so far.
struct Told {
    shown: Shown,
    news: watch::Receiver<u64>,
    _watching: Watching,
}

type Next = Pin<Box<dyn Future<Output = Option<(Bytes, Told)>> + Send>>;

/// A body that makes the next event when the last one is on its way.
struct Stream {
    next: Next,
}

impl http_body::Body for Stream {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(ready!(self.next.as_mut().poll(context)).map(|(bytes, told)| {
            self.next = Box::pin(event(told));
            Ok(Frame::data(bytes))
        }))
    }
}

async fn event(mut told: Told) -> Option<(Bytes, Told)> {
    let mut stop = told.shown.stop.clone();
    let text = tokio::select! {
        _ = stop.wait_for(|stop| *stop) => return None,
        () = tokio::time::sleep(SILENCE) => ":\n\n".to_owned(),
        changed = changed(&mut told.news) => {
            let status = told.shown.facts.status(&told.shown.live);
            // A line of JSON has no line end in it.
            format!("event: changed\nid: {changed}\ndata: {}\n\n", serde_json::to_string(&status).ok()?)
        }
    };
    Some((text.into(), told))
}

/// Waits until something has changed, and then for what else comes at the same time.
async fn changed(news: &mut watch::Receiver<u64>) -> u64 {
    if news.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(PAUSE).await;
    *news.borrow_and_update()
}
