//! X-Ray's sampling API, which the emulators answer with nothing: the account's rules, the statistics of those who follow
//! them, and the targets that they are given. Everything else that X-Ray does goes on to an emulator.
//!
//! Its form is that of botocore's model, which its own test holds it to. How X-Ray itself shares a reservoir out is not
//! published, so a script says which targets there are.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::fault_proxy::forward;
use crate::server::{Reply, Server};

/// Most statistics in a request, and the length of a client's id, as the API reference has them.
const MOST_DOCUMENTS: usize = 25;
const CLIENT_ID: usize = 24;

/// A running server; it ends when dropped.
#[derive(Debug)]
pub struct XRayRules {
    server: Server,
    state: Arc<Mutex<State>>,
}

/// What a rule is to do; what is `None` is left out of the answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RuleTarget {
    /// Share of the traces beyond the reservoir.
    pub rate: f64,
    /// Traces a second.
    pub quota: Option<u32>,
    /// Seconds from the answer until the quota ends.
    pub lasts: f64,
    /// Seconds until the next report is wanted.
    pub interval: u32,
}

#[derive(Debug, Default)]
struct State {
    rules: Vec<Value>,
    modified: f64,
    targets: BTreeMap<String, RuleTarget>,
    asked: usize,
    statistics: Vec<Value>,
}

/// A rule for everything in the form of the API, with this priority, share and reservoir; change what is to be otherwise.
pub fn rule(name: &str, priority: u32, rate: f64, reservoir: u32) -> Value {
    json!({
        "RuleName": name,
        "RuleARN": format!("arn:aws:xray:us-east-1:123456789012:sampling-rule/{name}"),
        "ResourceARN": "*",
        "Priority": priority,
        "FixedRate": rate,
        "ReservoirSize": reservoir,
        "ServiceName": "*",
        "ServiceType": "*",
        "Host": "*",
        "HTTPMethod": "*",
        "URLPath": "*",
        "Version": 1,
        "Attributes": {},
    })
}

impl XRayRules {
    /// Starts a server in front of `upstream`, which takes the segments. The account has no rules yet.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start(upstream: &str) -> Result<Self> {
        let upstream = upstream.trim_end_matches('/').to_owned();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let server = Server::start(move |request| answer(Arc::clone(&shared), upstream.clone(), request))?;
        Ok(Self { server, state })
    }

    /// Where X-Ray is.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Gives the account these rules in place of those that it had.
    pub fn set_rules(&self, rules: impl IntoIterator<Item = Value>) {
        let mut state = self.state();
        state.rules = rules.into_iter().collect();
        state.modified = now();
    }

    /// Says what those who report on a rule are answered. Without it they hear the rule's own rate and of no quota.
    pub fn set_target(&self, rule: &str, target: RuleTarget) {
        self.state().targets.insert(rule.to_owned(), target);
    }

    /// How often the rules were asked for.
    pub fn asked(&self) -> usize {
        self.state().asked
    }

    /// The statistics that were taken, in the order of arrival.
    pub fn statistics(&self) -> Vec<Value> {
        self.state().statistics.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    // It stays whole even if someone panicked beside it.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(state: Arc<Mutex<State>>, upstream: String, request: Request<Bytes>) -> Reply {
    let answered = match request.uri().path() {
        "/GetSamplingRules" => Ok(lock(&state).all_rules()),
        "/SamplingTargets" => lock(&state).take_statistics(request.body()),
        _ => return Reply::Whole(forward(&upstream, request).await),
    };
    let (status, body) = match answered {
        Ok(body) => (StatusCode::OK, body),
        Err(message) => (StatusCode::BAD_REQUEST, json!({ "Message": message })),
    };
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    if status != StatusCode::OK {
        headers.insert("x-amzn-errortype", header::HeaderValue::from_static("InvalidRequestException"));
    }
    Reply::Whole(response)
}

impl State {
    fn all_rules(&mut self) -> Value {
        self.asked += 1;
        let record = |rule: &Value| json!({ "SamplingRule": rule, "CreatedAt": 0.0, "ModifiedAt": self.modified });
        json!({ "SamplingRuleRecords": self.rules.iter().map(record).collect::<Vec<_>>() })
    }

    fn take_statistics(&mut self, body: &[u8]) -> Result<Value, String> {
        let asked: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let documents = asked["SamplingStatisticsDocuments"].as_array().ok_or("no SamplingStatisticsDocuments")?;
        if documents.len() > MOST_DOCUMENTS {
            return Err(format!("{} documents, more than {MOST_DOCUMENTS}", documents.len()));
        }
        documents.iter().try_for_each(check)?;
        let (mut targets, mut unprocessed) = (Vec::new(), Vec::new());
        for document in documents {
            let name = document["RuleName"].as_str().unwrap_or_default();
            match self.rules.iter().find(|rule| rule["RuleName"] == name) {
                Some(rule) => {
                    targets.push(self.target(name, rule));
                    self.statistics.push(document.clone());
                }
                None => unprocessed.push(json!({ "RuleName": name, "ErrorCode": "400", "Message": "no such rule" })),
            }
        }
        Ok(json!({
            "SamplingTargetDocuments": targets,
            "LastRuleModification": self.modified,
            "UnprocessedStatistics": unprocessed,
        }))
    }

    fn target(&self, name: &str, rule: &Value) -> Value {
        let Some(target) = self.targets.get(name) else {
            return json!({ "RuleName": name, "FixedRate": rule["FixedRate"], "Interval": 10 });
        };
        let RuleTarget { rate, quota, lasts, interval } = *target;
        let mut said = json!({ "RuleName": name, "FixedRate": rate, "Interval": interval });
        if let Some(quota) = quota {
            said["ReservoirQuota"] = json!(quota);
            said["ReservoirQuotaTTL"] = json!(now() + lasts);
        }
        said
    }
}

/// Whether a document is one that X-Ray would take.
fn check(document: &Value) -> Result<(), String> {
    let id = document["ClientID"].as_str().unwrap_or_default();
    let name = document["RuleName"].as_str().unwrap_or_default();
    let count = |key: &str| document[key].as_u64().ok_or(format!("{key} is no count: {}", document[key]));
    if id.len() != CLIENT_ID || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(format!("ClientID {id:?} is not of {CLIENT_ID} hexadecimal digits"));
    }
    if name.is_empty() || name.len() > 32 {
        return Err(format!("RuleName {name:?} is not of 1 to 32 characters"));
    }
    if !document["Timestamp"].is_number() {
        return Err(format!("Timestamp {} is no number of seconds", document["Timestamp"]));
    }
    // The one count that may be left out.
    let borrowed = if document.get("BorrowCount").is_some() { count("BorrowCount")? } else { 0 };
    let (requests, sampled) = (count("RequestCount")?, count("SampledCount")?);
    if sampled > requests || borrowed > sampled {
        return Err(format!("{borrowed} borrowed of {sampled} sampled of {requests} requests"));
    }
    Ok(())
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
