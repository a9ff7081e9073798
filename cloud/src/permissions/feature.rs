//! What a right is for: the features of the two programs.

use serde::Serialize;

/// Who needs a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Whoever runs `spawn`.
    Operator,
    /// `spored`, by the role of the instance profile.
    Agent,
}

impl Role {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Agent => "agent",
        }
    }
}

/// What rights are needed for. Most of the operator's are named like the command that needs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// `spawn launch`.
    Launch,
    /// `spawn launch --spot`.
    Spot,
    /// `spawn setup`: the bucket with the agent's program, and the agents' table. A first launch does the same.
    Setup,
    /// `spawn iam create` and `check`: the agent's role and instance profile.
    Iam,
    /// Job arrays: launching, watching and steering them.
    Array,
    /// `spawn list`, `spawn status` and `spawn connect`.
    List,
    /// `spawn trace list`, `show`, `map`, `array`, `compare` and `export`: reading traces from X-Ray.
    Trace,
    /// `spawn stop` and `spawn start`.
    Stop,
    /// `spawn terminate`.
    Terminate,
    /// `spawn extend` and `spawn tracing`: changing the tags that the agent follows.
    Tags,
    /// `spawn doctor`, beyond what the features that it looks at need.
    Doctor,
    /// The agent fetches its program at the first boot.
    Fetch,
    /// The agent keeps its record in the agents' table.
    Registry,
    /// The agent ends its instance: time to live, idle, completion.
    Life,
    /// The agent reads its tags where the metadata service does not show them.
    TagsFallback,
    /// The agent works on tasks of job arrays.
    Work,
    /// The agent invokes the function that is told of a job array's end.
    Hook,
    /// Spans go to X-Ray.
    Xray,
    /// The account's sampling rules in X-Ray decide which traces are recorded.
    Sampling,
}

impl Feature {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::Launch,
        Self::Spot,
        Self::Setup,
        Self::Iam,
        Self::Array,
        Self::List,
        Self::Trace,
        Self::Stop,
        Self::Terminate,
        Self::Tags,
        Self::Doctor,
        Self::Fetch,
        Self::Registry,
        Self::Life,
        Self::TagsFallback,
        Self::Work,
        Self::Hook,
        Self::Xray,
        Self::Sampling,
    ];

    /// Its name, as `spawn iam policy --for` takes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Launch => "launch",
            Self::Spot => "spot",
            Self::Setup => "setup",
            Self::Iam => "iam",
            Self::Array => "array",
            Self::List => "list",
            Self::Trace => "trace",
            Self::Stop => "stop",
            Self::Terminate => "terminate",
            Self::Tags => "tags",
            Self::Doctor => "doctor",
            Self::Fetch => "fetch",
            Self::Registry => "registry",
            Self::Life => "life",
            Self::TagsFallback => "tags-fallback",
            Self::Work => "work",
            Self::Hook => "hook",
            Self::Xray => "xray",
            Self::Sampling => "sampling",
        }
    }

    /// Whether this role has the feature.
    #[must_use]
    pub fn is_of(self, role: Role) -> bool {
        match self {
            Self::Xray | Self::Sampling => true,
            Self::Fetch | Self::Registry | Self::Life | Self::TagsFallback | Self::Work | Self::Hook => {
                role == Role::Agent
            }
            _ => role == Role::Operator,
        }
    }

    /// Whether the feature is one of X-Ray's, which are asked for by the settings of tracing.
    #[must_use]
    pub const fn is_of_xray(self) -> bool {
        matches!(self, Self::Xray | Self::Sampling)
    }

    /// All features of a role but X-Ray's two, whose rights are given if and only if spans go there and its rules decide.
    #[must_use]
    pub fn all_of(role: Role) -> Vec<Self> {
        Self::ALL.into_iter().filter(|feature| !feature.is_of_xray() && feature.is_of(role)).collect()
    }
}
