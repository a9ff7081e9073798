//! What `spawn setup` has found and made.

use serde::Serialize;
use spawn_cloud::agent_bucket::AgentObject;
use spawn_cloud::instances::Architecture;

/// What is there afterwards.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) dry_run: bool,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) bucket: String,
    pub(super) bucket_state: &'static str,
    pub(super) agents: Vec<AgentReport>,
    pub(super) table: String,
    pub(super) table_state: &'static str,
    pub(super) instance_profile: Option<String>,
    pub(super) profile_state: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct AgentReport {
    pub(super) version: &'static str,
    pub(super) architecture: Architecture,
    pub(super) state: &'static str,
    #[serde(flatten)]
    pub(super) object: AgentObject,
}

impl Report {
    /// For people: one line for each thing.
    pub(super) fn lines(&self) -> String {
        let mut lines = format!("bucket   {}  {}\n", self.bucket, self.bucket_state);
        for agent in &self.agents {
            let short = &agent.object.sha256[..12];
            lines += &format!("agent    {} {}  {short}  {}\n", agent.version, agent.architecture, agent.state);
        }
        lines += &format!("table    {}  {}\n", self.table, self.table_state);
        let profile = self.instance_profile.as_deref().unwrap_or("none");
        lines += &format!("profile  {profile}  {}\n", self.profile_state);
        spawn_host::console::escape(&lines)
    }
}
