//! An HTTP proxy in front of a server, which keeps every request and spoils the answers that a script names.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, Uri, header};

use crate::http_call::call;
use crate::server::{Reply, Server};

mod rule;

pub use rule::{Action, Rule};

/// A running proxy; it ends when dropped.
#[derive(Debug)]
pub struct FaultProxy {
    server: Server,
    state: Arc<Mutex<State>>,
}

/// One request as it arrived at the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The method, in capitals.
    pub method: String,
    /// The path and the query.
    pub path: String,
    /// The headers; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Recorded {
    /// The first header of this name, which is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

#[derive(Debug, Default)]
struct State {
    rules: Vec<Rule>,
    requests: Vec<Recorded>,
}

impl FaultProxy {
    /// Starts a proxy in front of `upstream`, an URL like `http://127.0.0.1:5000`; until it has a script, it only records.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start(upstream: &str) -> Result<Self> {
        let upstream = upstream.trim_end_matches('/').to_owned();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let server = Server::start(move |request| pass(Arc::clone(&shared), upstream.clone(), request))?;
        Ok(Self { server, state })
    }

    /// Where to send what should pass the proxy.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Replaces the script. The first rule that matches a request and is not used up decides; without one the request passes.
    pub fn script(&self, rules: impl IntoIterator<Item = Rule>) {
        self.state().rules = rules.into_iter().collect();
    }

    /// Every request so far, in the order of arrival.
    pub fn requests(&self) -> Vec<Recorded> {
        self.state().requests.clone()
    }

    /// Refuses connections, or takes them again.
    pub fn refuse(&self, refuse: bool) {
        self.server.listen(!refuse);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    // A list stays a list even if someone panicked beside it.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn pass(state: Arc<Mutex<State>>, upstream: String, request: Request<Bytes>) -> Reply {
    let action = {
        let recorded = record(&request);
        let mut state = lock(&state);
        let action = state.rules.iter_mut().find_map(|rule| rule.applies_to(&recorded));
        state.requests.push(recorded);
        action.unwrap_or(Action::Pass)
    };
    match action {
        Action::Pass => Reply::Whole(forward(&upstream, request).await),
        Action::Respond { status, headers, body } => Reply::Whole(made_up(status, &headers, body)),
        Action::Delay(delay) => {
            tokio::time::sleep(delay).await;
            Reply::Whole(forward(&upstream, request).await)
        }
        Action::Hang => Reply::Hang,
        Action::Reset => Reply::Reset,
        Action::TakeAndReset => {
            forward(&upstream, request).await;
            Reply::Reset
        }
        Action::Truncate(keep) => Reply::CutShort(forward(&upstream, request).await, keep),
    }
}

fn record(request: &Request<Bytes>) -> Recorded {
    let header = |(name, value): (&header::HeaderName, &header::HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Recorded {
        method: request.method().to_string(),
        path: request.uri().to_string(),
        headers: request.headers().iter().map(header).collect(),
        body: request.body().clone(),
    }
}

fn made_up(status: u16, headers: &[(String, String)], body: Bytes) -> Response<Bytes> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(body).unwrap_or_else(|error| bad_gateway(&error.to_string()))
}

/// Sends the request on with its own `Host`, because that is what was signed.
pub(crate) async fn forward(upstream: &str, request: Request<Bytes>) -> Response<Bytes> {
    let (mut head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    match format!("{upstream}{path}").parse::<Uri>() {
        Ok(uri) => head.uri = uri,
        Err(error) => return bad_gateway(&error.to_string()),
    }
    drop_hop_by_hop(&mut head.headers);
    match call(Request::from_parts(head, body)).await {
        Ok(mut response) => {
            drop_hop_by_hop(response.headers_mut());
            response
        }
        Err(error) => bad_gateway(&format!("{error:#}")),
    }
}

/// What concerns one connection only; lengths are made anew from the whole body.
fn drop_hop_by_hop(headers: &mut HeaderMap) {
    for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::EXPECT] {
        headers.remove(name);
    }
}

fn bad_gateway(why: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(format!("fault proxy: {why}")));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response
}
