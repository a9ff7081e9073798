//! An array read whole: each of its partitions in one question, all at once.

use super::store;
use crate::session::Session;
use anyhow::{Context as _, Result};
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use spawn_cloud::AgentRecord;
use spawn_cloud::arrays::{ArrayRecord, Millis, SHARDS, Task, TaskState};
use spawn_config::Provider;
use tokio::task::JoinSet;

/// An agent that has missed three heartbeats is silent.
const SILENT_AFTER_SECONDS: i64 = 3 * 60;

/// Everything about an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Overview {
    pub(crate) array: ArrayRecord,
    /// By index. Those whose items cannot be read are missing.
    pub(crate) tasks: Vec<Task>,
    /// By id.
    pub(crate) agents: Vec<AgentRecord>,
}

impl Overview {
    /// Reads what the array's partitions hold.
    pub(crate) async fn read(session: &Session, array: ArrayRecord) -> Result<Self> {
        let mut questions = JoinSet::new();
        for shard in 0..SHARDS {
            let (store, id) = (store(session), array.id.clone());
            questions.spawn(async move { store.shard(&id, shard).await }.with_context(Context::current()));
        }
        let (mut tasks, mut agents) = (Vec::new(), Vec::new());
        while let Some(answer) = questions.join_next().await {
            let shard = answer.context("failed to read a part of the array")??;
            tasks.extend(shard.tasks);
            agents.extend(shard.agents);
        }
        tasks.retain(|task| task.index < array.size);
        tasks.sort_by_key(|task| task.index);
        agents.sort_by(|one, other| one.instance_id.cmp(&other.instance_id));
        Ok(Self { array, tasks, agents })
    }

    /// How many tasks are in this state.
    pub(crate) fn count(&self, state: TaskState) -> usize {
        self.tasks.iter().filter(|task| task.state == state).count()
    }

    /// How many tasks cannot be read.
    pub(crate) fn unreadable(&self) -> usize {
        (self.array.size as usize).saturating_sub(self.tasks.len())
    }

    /// Whether nothing more becomes of any task by itself.
    pub(crate) fn has_ended(&self) -> bool {
        self.unreadable() == 0 && self.tasks.iter().all(|task| task.state.has_ended())
    }

    /// How many agents are alive and at work for the array.
    pub(crate) fn alive(&self, now: Millis) -> usize {
        self.agents.iter().filter(|agent| is_alive(agent, now)).count()
    }
}

/// Whether the agent has not left, and was heard of lately.
pub(crate) fn is_alive(agent: &AgentRecord, now: Millis) -> bool {
    agent.left_at.is_none() && (now / 1_000).saturating_sub(agent.last_seen) <= SILENT_AFTER_SECONDS
}

/// Whether the agent's host costs nothing.
pub(crate) fn is_local(agent: &AgentRecord) -> bool {
    agent.provider == Provider::Local
}
