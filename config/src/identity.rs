//! Which host this is, once that is known.

use jiff::Timestamp;

/// The kind of host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provider {
    /// An EC2 instance, identified by instance metadata.
    Ec2,
    /// A host of one's own, identified by `local.yaml` or its host name.
    Local,
}

impl Provider {
    /// The word in spans and output: `ec2` or `local`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::Local => "local",
        }
    }
}

impl std::fmt::Display for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// What is known about the host. Absent facts stay absent: no placeholder is made up for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The kind of host.
    pub provider: Provider,
    /// `i-…` on EC2, `local-HOSTNAME` or the operator's own name elsewhere.
    pub instance_id: String,
    /// AWS region, for example `eu-central-1`.
    pub region: Option<String>,
    /// AWS account, twelve digits, or the operator's own word for it.
    pub account_id: Option<String>,
    /// Availability zone, for example `eu-central-1a`.
    pub availability_zone: Option<String>,
    /// EC2 instance type, for example `t3.micro`.
    pub instance_type: Option<String>,
    /// Image that the instance was started from, `ami-…`.
    pub image_id: Option<String>,
    /// The host's name for itself.
    pub hostname: Option<String>,
    /// Address within its network.
    pub private_ip: Option<String>,
    /// When EC2 started the instance; a time to live counts from here.
    pub launched_at: Option<Timestamp>,
    /// The job array that the host works for.
    pub job_array: Option<JobArray>,
    /// Those who were launched together, and share the account's quotas.
    pub fleet: Option<Fleet>,
}

impl Identity {
    /// An identity of which only the kind and the id are known.
    #[must_use]
    pub fn new(provider: Provider, instance_id: impl Into<String>) -> Self {
        Self {
            provider,
            instance_id: instance_id.into(),
            region: None,
            account_id: None,
            availability_zone: None,
            instance_type: None,
            image_id: None,
            hostname: None,
            private_ip: None,
            launched_at: None,
            job_array: None,
            fleet: None,
        }
    }
}

/// Hosts that work at the same time and share the account's quotas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fleet {
    /// How many they are, from 1.
    pub size: u32,
    /// Which of them this one is, from 0, where that is known.
    pub index: Option<u32>,
}

/// A host's place in a job array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobArray {
    /// Id of the array.
    pub id: String,
    /// Name that its owner gave it.
    pub name: Option<String>,
    /// Index of the task, if the host works on exactly one.
    pub index: Option<u64>,
}
