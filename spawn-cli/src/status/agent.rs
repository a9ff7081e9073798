//! What the registry knows of an instance's agent.

use crate::session::Session;
use serde_json::{Value, json};
use spawn_cloud::AgentRecord;
use std::time::Duration;

/// The page is not held up for longer by a registry that does not answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// DynamoDB's code for a table that does not exist.
const NO_TABLE: &str = "ResourceNotFoundException";

/// What is known of the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Agent {
    /// It has registered.
    Registered(AgentRecord),
    /// It has not, or has taken its leave.
    Absent,
    /// The registry did not say, and this is why.
    Unknown(String),
}

pub(super) async fn find(session: &Session, instance_id: &str) -> Agent {
    match tokio::time::timeout(PATIENCE, session.registry.find(instance_id)).await {
        Ok(Ok(Some(record))) => Agent::Registered(record),
        Ok(Ok(None)) => Agent::Absent,
        Ok(Err(error)) if error.code() == Some(NO_TABLE) => Agent::Absent,
        Ok(Err(error)) => Agent::Unknown(error.to_string()),
        Err(_) => Agent::Unknown(format!("DynamoDB did not answer within {} s", PATIENCE.as_secs())),
    }
}

impl Agent {
    /// For programs; `null` is an agent that is not registered.
    pub(super) fn json(&self) -> Value {
        match self {
            Self::Registered(record) => json!({
                "version": record.version,
                "started_at": instant(record.started_at),
                "last_seen": instant(record.last_seen),
            }),
            Self::Absent => Value::Null,
            Self::Unknown(reason) => json!({ "error": reason }),
        }
    }
}

fn instant(epoch_seconds: i64) -> Option<String> {
    jiff::Timestamp::from_second(epoch_seconds).ok().map(|instant| instant.to_string())
}
