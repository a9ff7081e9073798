//! The instance metadata service, version 2, of one instance: documents, tags, notices that may change, and faults.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};

use crate::server::{Reply, Server};

mod credentials;
mod paths;

use credentials::Credentials;

/// What an instance knows about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceFacts {
    /// Like `i-0123456789abcdef0`.
    pub instance_id: String,
    /// Like `us-east-1`.
    pub region: String,
    /// Like `us-east-1a`.
    pub availability_zone: String,
    /// Twelve digits.
    pub account_id: String,
    /// Like `t3.micro`.
    pub instance_type: String,
    /// Like `ami-0123456789abcdef0`.
    pub image_id: String,
    /// The private IPv4 address.
    pub private_ip: String,
    /// The launch time, RFC 3339 in UTC.
    pub launched_at: String,
    /// `on-demand` or `spot`.
    pub life_cycle: String,
    /// The instance profile's role; without one there are no credentials.
    pub role: Option<String>,
    /// Place among the instances of the same request; 404 without.
    pub launch_index: Option<u32>,
    /// The user data; 404 without.
    pub user_data: Option<String>,
    /// The instance's tags; `None` when the instance does not show tags in its metadata.
    pub tags: Option<BTreeMap<String, String>>,
}

impl InstanceFacts {
    /// A `t3.micro` in `us-east-1a` with a role, and with tags shown but none set.
    pub fn example() -> Self {
        Self {
            instance_id: "i-0123456789abcdef0".to_owned(),
            region: "us-east-1".to_owned(),
            availability_zone: "us-east-1a".to_owned(),
            account_id: "123456789012".to_owned(),
            instance_type: "t3.micro".to_owned(),
            image_id: "ami-0123456789abcdef0".to_owned(),
            private_ip: "10.0.0.12".to_owned(),
            launched_at: "2026-11-21T04:00:00Z".to_owned(),
            life_cycle: "on-demand".to_owned(),
            role: Some("spored".to_owned()),
            launch_index: Some(0),
            user_data: None,
            tags: Some(BTreeMap::new()),
        }
    }

    /// The same instance with one more tag.
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        self.tags.get_or_insert_default().insert(key.to_owned(), value.to_owned());
        self
    }
}

/// How the service misbehaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImdsFault {
    /// It does not.
    #[default]
    None,
    /// Connections are refused, as where there is no such service.
    Refuse,
    /// Every request is answered with 401.
    Unauthorized,
    /// Every request is answered with 500.
    Broken,
    /// Requests are taken and never answered.
    Hang,
    /// Answers are bytes that mean nothing.
    Garbage,
    /// Answers are right, and late by so much.
    Slow(Duration),
}

/// A running metadata service; it ends when dropped.
#[derive(Debug)]
pub struct Imds {
    server: Server,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    facts: InstanceFacts,
    spot_action: Option<String>,
    rebalance: Option<String>,
    clock_offset: i64,
    credentials: Credentials,
    fault: ImdsFault,
    tokens: u64,
    requests: Vec<String>,
}

impl Imds {
    /// Starts the service of an instance with these facts.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start(facts: InstanceFacts) -> Result<Self> {
        let state = State {
            facts,
            spot_action: None,
            rebalance: None,
            clock_offset: 0,
            credentials: Credentials::default(),
            fault: ImdsFault::None,
            tokens: 0,
            requests: Vec::new(),
        };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        let server = Server::start(move |request| answer(Arc::clone(&shared), request))?;
        Ok(Self { server, state })
    }

    /// The value for `AWS_EC2_METADATA_SERVICE_ENDPOINT`.
    pub fn endpoint(&self) -> String {
        self.server.url()
    }

    /// What the service shows now.
    pub fn facts(&self) -> InstanceFacts {
        self.state().facts.clone()
    }

    /// Replaces the tags; `None` hides them.
    pub fn show_tags(&self, tags: Option<BTreeMap<String, String>>) {
        self.state().facts.tags = tags;
    }

    /// Sets one tag.
    pub fn set_tag(&self, key: &str, value: &str) {
        self.state().facts.tags.get_or_insert_default().insert(key.to_owned(), value.to_owned());
    }

    /// Announces what happens to a spot instance: `terminate`, `stop` or `hibernate`, and when (RFC 3339).
    pub fn give_spot_notice(&self, action: &str, time: &str) {
        self.state().spot_action = Some(serde_json::json!({ "action": action, "time": time }).to_string());
    }

    /// Shows this text, which need not be one, in the place of an announcement to a spot instance; `None` takes it away.
    pub fn show_spot_notice(&self, text: Option<&str>) {
        self.state().spot_action = text.map(str::to_owned);
    }

    /// Shows this text, which need not be one, in the place of the recommendation to rebalance.
    pub fn show_rebalance(&self, text: &str) {
        self.state().rebalance = Some(text.to_owned());
    }

    /// Says in the `Date` of every answer that it is so many seconds later than this machine believes, or earlier.
    pub fn set_clock(&self, offset_seconds: i64) {
        self.state().clock_offset = offset_seconds;
    }

    /// Gives out credentials that are valid for so long only, other ones each time.
    pub fn rotate_credentials(&self, lifetime: Duration) {
        self.state().credentials.lifetime = Some(lifetime);
    }

    /// How often credentials were read.
    pub fn credential_reads(&self) -> u64 {
        self.state().credentials.reads
    }

    /// Changes what the instance knows about itself, as a start after a stop does.
    pub fn change_facts(&self, change: impl FnOnce(&mut InstanceFacts)) {
        change(&mut self.state().facts);
    }

    /// Recommends to rebalance since `time` (RFC 3339).
    pub fn recommend_rebalance(&self, time: &str) {
        self.state().rebalance = Some(serde_json::json!({ "noticeTime": time }).to_string());
    }

    /// Misbehaves from now on, until told otherwise.
    pub fn misbehave(&self, fault: ImdsFault) {
        self.state().fault = fault;
        self.server.listen(fault != ImdsFault::Refuse);
    }

    /// Every request so far, as `METHOD /path`.
    pub fn requests(&self) -> Vec<String> {
        self.state().requests.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    // A test that panicked while it held the lock has changed one field at most.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(state: Arc<Mutex<State>>, request: Request<Bytes>) -> Reply {
    let (fault, right) = {
        let mut state = lock(&state);
        state.requests.push(format!("{} {}", request.method(), request.uri().path()));
        let mut right = paths::respond(&mut state, &request);
        right.headers_mut().insert(header::DATE, paths::date(state.clock_offset));
        (state.fault, right)
    };
    match fault {
        ImdsFault::None | ImdsFault::Refuse => Reply::Whole(right),
        ImdsFault::Unauthorized => Reply::Whole(status(StatusCode::UNAUTHORIZED)),
        ImdsFault::Broken => Reply::Whole(status(StatusCode::INTERNAL_SERVER_ERROR)),
        ImdsFault::Hang => Reply::Hang,
        ImdsFault::Garbage => Reply::Whole(Response::new(Bytes::from_static(b"\xff\xfe{\0"))),
        ImdsFault::Slow(delay) => {
            tokio::time::sleep(delay).await;
            Reply::Whole(right)
        }
    }
}

fn status(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}
