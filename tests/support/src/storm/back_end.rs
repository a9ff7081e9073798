//! X-Ray as far as it takes segments, which refuses, breaks off and forgets to answer now and then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};

use crate::server::{Reply, Server};

/// A running back end; it ends when dropped.
#[derive(Debug)]
pub(super) struct BackEnd {
    server: Server,
    state: Arc<Mutex<State>>,
}

/// What it took.
#[derive(Clone, Debug, Default)]
pub(super) struct Taken {
    /// Trace ids as the W3C writes them.
    pub(super) traces: BTreeSet<String>,
    /// How often each segment came, those aside that were announced as in progress.
    pub(super) documents: BTreeMap<String, u32>,
    pub(super) refused: u64,
}

#[derive(Debug)]
struct State {
    random: u64,
    taken: Taken,
}

impl BackEnd {
    pub(super) fn start(seed: u64) -> Result<Self> {
        let state = Arc::new(Mutex::new(State { random: seed | 1, taken: Taken::default() }));
        let shared = Arc::clone(&state);
        let server = Server::start(move |request| {
            let reply = shared.lock().unwrap_or_else(PoisonError::into_inner).answer(&request);
            async { reply }
        })?;
        Ok(Self { server, state })
    }

    pub(super) fn url(&self) -> String {
        self.server.url()
    }

    pub(super) fn taken(&self) -> Taken {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).taken.clone()
    }
}

impl State {
    fn answer(&mut self, request: &Request<Bytes>) -> Reply {
        if request.uri().path() != "/TraceSegments" {
            return Reply::Whole(response(400, &json!({ "__type": "AccessDeniedException", "message": "not here" })));
        }
        let chance = self.chance();
        match chance {
            0..=2 => {
                self.refuse(Reply::Whole(response(429, &json!({ "__type": "ThrottledException", "message": "slow" }))))
            }
            3..=4 => self.refuse(Reply::Whole(response(500, &json!({ "message": "internal" })))),
            5 => self.refuse(Reply::Reset),
            6 => {
                self.take(request, false);
                self.refuse(Reply::Reset)
            }
            7 => {
                let left = self.take(request, true);
                Reply::Whole(response(200, &json!({ "UnprocessedTraceSegments": left })))
            }
            _ => {
                self.take(request, false);
                Reply::Whole(response(200, &json!({ "UnprocessedTraceSegments": [] })))
            }
        }
    }

    fn refuse(&mut self, reply: Reply) -> Reply {
        self.taken.refused += 1;
        reply
    }

    /// Takes all segments, or all but the first, which it answers.
    fn take(&mut self, request: &Request<Bytes>, but_first: bool) -> Vec<Value> {
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let mut left = Vec::new();
        for document in body["TraceSegmentDocuments"].as_array().into_iter().flatten() {
            let document: Value =
                document.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
            let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
            if but_first && left.is_empty() {
                left.push(json!({ "Id": text("id"), "ErrorCode": "ThrottledException", "Message": "later" }));
                continue;
            }
            if document["in_progress"] != true {
                *self.taken.documents.entry(text("id")).or_default() += 1;
                self.taken.traces.insert(text("trace_id").trim_start_matches("1-").replace('-', ""));
            }
        }
        left
    }

    /// 0 to 99, of a generator of the xorshift family.
    fn chance(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) % 100
    }
}

fn response(status: u16, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    if let Some(kind) = body["__type"].as_str().and_then(|kind| kind.parse().ok()) {
        response.headers_mut().insert("x-amzn-errortype", kind);
    }
    response
}
