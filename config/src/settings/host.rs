//! What the operator says about the host, and its place in a job array.

use crate::{JobArray, ProviderChoice, Slots};

/// What the operator says about the host; `None` is `auto`: the agent finds out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostSettings {
    /// The kind of host.
    pub provider: ProviderChoice,
    /// Id in place of `local-HOSTNAME`.
    pub instance_id: Option<String>,
    /// Name for people.
    pub name: Option<String>,
    /// AWS region that the host's calls go to.
    pub region: Option<String>,
    /// Account.
    pub account_id: Option<String>,
    /// Address for the rest of the world.
    pub public_ip: Option<String>,
    /// Address within the network.
    pub private_ip: Option<String>,
    /// Place in a job array.
    pub job_array: JobArraySettings,
}

impl Default for HostSettings {
    fn default() -> Self {
        Self {
            provider: ProviderChoice::Auto,
            instance_id: None,
            name: None,
            region: None,
            account_id: None,
            public_ip: None,
            private_ip: None,
            job_array: JobArraySettings::default(),
        }
    }
}

/// The place in a job array as far as it is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobArraySettings {
    /// Id of the array; without it the host is in no array.
    pub id: Option<String>,
    /// Name of the array.
    pub name: Option<String>,
    /// Index of the task.
    pub index: Option<u64>,
    /// Tasks that are worked on at once.
    pub slots: Slots,
}

impl JobArraySettings {
    /// The place in the array, if there is an array.
    #[must_use]
    pub fn place(&self) -> Option<JobArray> {
        let Self { id, name, index, slots: _ } = self.clone();
        id.map(|id| JobArray { id, name, index })
    }
}
