//! The record of an array: what is to be done, and what became of it as a whole.

use super::id::ArrayId;
use super::task::Millis;
use spawn_config::Topology;
use std::collections::BTreeMap;
use std::time::Duration;

/// An array as its launch wrote it, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrayRecord {
    /// Its id, with its name in it.
    pub id: ArrayId,
    /// Number of tasks, at least 1.
    pub size: u32,
    /// The command with its arguments; braces stand for what differs from task to task.
    pub command: Vec<String>,
    /// Whether the command is one text for a shell.
    pub shell: bool,
    /// Where inputs are, `s3://BUCKET/PREFIX`; braces as in the command.
    pub input: Option<String>,
    /// Where results go, `s3://BUCKET/PREFIX`; each task's below `INDEX/`.
    pub output: String,
    /// Lambda function that is invoked when the last task has ended.
    pub hook: Option<String>,
    /// Environment of the tasks.
    pub env: BTreeMap<String, String>,
    /// Whether tasks have parameters of their own.
    pub has_params: bool,
    /// How the tasks hang together in traces, decided at the launch: never `Auto`.
    pub topology: Topology,
    /// Longest time of an attempt.
    pub timeout: Option<Duration>,
    /// Attempts after the first one of a task that fails by itself.
    pub retries: u32,
    /// When it was launched.
    pub created_at: Millis,
    /// Context of the array's span, W3C: what tasks hang below or link to. Recorded by whoever ends the array.
    pub traceparent: Option<String>,
    /// Vendors' part of that context.
    pub tracestate: Option<String>,
    /// Context of the launch, the parent of the array's span.
    pub launch_traceparent: Option<String>,
    /// Where its tasks are dispatched; another one after a retry of an array that had ended.
    pub queue_url: String,
    /// How often it was opened: 1, and one more for each retry of an array that had ended.
    pub round: u32,
    /// Whether all tasks are written and dispatched; before that nobody works on them.
    pub ready: bool,
    /// When the operator called it off.
    pub cancelled_at: Option<Millis>,
    /// When its last task ended; none while there is work.
    pub ended_at: Option<Millis>,
    /// What became of the hook.
    pub hook_state: HookState,
}

/// What became of an array's end: the hook, the array's span, the queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum HookState {
    /// The array has not ended.
    #[default]
    Waiting,
    /// An agent sees to the end until its lease is over.
    Running {
        /// As the owner of a task.
        owner: String,
        /// Until when nobody else may.
        lease_until: Millis,
    },
    /// All is done; why the hook failed, if it did.
    Done {
        /// The hook's error.
        problem: Option<String>,
    },
}

#[cfg(test)]
impl ArrayRecord {
    /// One with few facts, for tests.
    pub(super) fn example() -> Self {
        Self {
            id: "align-0000002a".parse().expect("the id is well-formed"),
            size: 40,
            command: vec!["./align.sh".to_owned(), "{index}".to_owned()],
            shell: false,
            input: None,
            output: "s3://bucket/arrays/align-0000002a/".to_owned(),
            hook: None,
            env: BTreeMap::new(),
            has_params: false,
            topology: Topology::Joined,
            timeout: None,
            retries: 0,
            created_at: 1_760_000_000_000,
            traceparent: None,
            tracestate: None,
            launch_traceparent: None,
            queue_url: "https://queue/1".to_owned(),
            round: 1,
            ready: true,
            cancelled_at: None,
            ended_at: None,
            hook_state: HookState::Waiting,
        }
    }
}
