//! A task and the rules of its life, without I/O: who may take it, renew it, end it and give it back.
//!
//! ```text
//!            claim                   end (succeeded | failed for good | cancelled)
//! pending ─────────► running ────────────────────────────────────────► succeeded | failed | cancelled
//!    ▲                │  │ ▲                                                    │
//!    │ release, retry │  └─┘ claim, once the lease is over (the attempt is lost)│
//!    └────────────────┴─────────────────────────────────────────────────────────┘ retry by the operator
//! ```
//!
//! The number of the attempt fences: whoever writes must name owner and attempt, so an owner that was thought dead and
//! is not changes nothing any more.

mod change;
mod lost;
mod state;

pub use change::{Attempt, Ending, Refusal};
pub use lost::LostAttempt;
pub use state::TaskState;

use std::time::Duration;

/// An instant in milliseconds since the epoch, by AWS's clock ([`super::ServerClock`]).
pub type Millis = i64;

/// How often a task's host may vanish under it before the task itself is taken for the cause.
pub(super) const MOST_LOSSES: u32 = 10;

/// One task of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// From 0.
    pub index: u32,
    /// Counts the writes; a write is made only over the version that it was worked out from.
    pub version: u64,
    /// Drawn anew for each write: tells one's own, whose answer was lost, from another's that says the same.
    pub mark: u64,
    /// Where it is.
    pub state: TaskState,
    /// Number of the attempt under way, or of the last one; 0 before the first.
    pub attempt: u32,
    /// Attempts that failed by themselves, since the operator last asked for it.
    pub failures: u32,
    /// Attempts whose host vanished, since the operator last asked for it.
    pub losses: u32,
    /// Who made the attempt: an instance id and what tells that agent from an earlier one there.
    pub owner: Option<String>,
    /// Until when nobody else may take it.
    pub lease_until: Option<Millis>,
    /// Before when it must not be attempted again.
    pub not_before: Option<Millis>,
    /// Whether the operator wants the attempt under way to end.
    pub cancel: bool,
    /// When the attempt began.
    pub started_at: Option<Millis>,
    /// When the attempt ended.
    pub ended_at: Option<Millis>,
    /// Exit code of the attempt's command.
    pub exit_code: Option<i32>,
    /// Signal that ended the attempt's command.
    pub signal: Option<i32>,
    /// Why the attempt did not succeed, for people.
    pub reason: Option<String>,
    /// Where its results are, `s3://…`.
    pub output: Option<String>,
    /// Context of the attempt's span, W3C.
    pub traceparent: Option<String>,
    /// Vendors' part of that context.
    pub tracestate: Option<String>,
    /// Context of the attempt before, W3C: whoever closes this one as lost links to it.
    pub previous: Option<String>,
    /// Attempts whose host vanished and of which nobody may have told yet: each host that claims the task tells of them,
    /// until one has lived to say that it did.
    pub untold: Vec<LostAttempt>,
}

impl Task {
    /// A task that nobody has touched.
    #[must_use]
    pub const fn new(index: u32) -> Self {
        Self {
            index,
            version: 0,
            mark: 0,
            state: TaskState::Pending,
            attempt: 0,
            failures: 0,
            losses: 0,
            owner: None,
            lease_until: None,
            not_before: None,
            cancel: false,
            started_at: None,
            ended_at: None,
            exit_code: None,
            signal: None,
            reason: None,
            output: None,
            traceparent: None,
            tracestate: None,
            previous: None,
            untold: Vec::new(),
        }
    }

    /// The partition of the array that the task is in.
    #[must_use]
    pub const fn shard(&self) -> u32 {
        self.index % super::SHARDS
    }

    /// The instance that made the attempt.
    #[must_use]
    pub fn instance(&self) -> Option<&str> {
        self.owner.as_deref().map(|owner| owner.split_once('/').map_or(owner, |(instance, _)| instance))
    }

    /// Whether the lease of a running task is over.
    #[must_use]
    pub fn is_abandoned(&self, now: Millis) -> bool {
        self.state == TaskState::Running && self.lease_until.is_none_or(|until| until < now)
    }

    /// Takes the task for an attempt. One that was to be called off when its host vanished still is: whoever takes it
    /// sees `cancel`, and ends it as cancelled instead of working on it.
    ///
    /// # Errors
    /// If it has ended, is leased, or must not be attempted yet.
    pub fn claim(&self, by: &Attempt, now: Millis, lease: Duration) -> Result<Self, Refusal> {
        let lost = match self.state {
            TaskState::Pending => match self.not_before.filter(|&at| at > now) {
                Some(at) => return Err(Refusal::TooEarly(between(now, at))),
                None => 0,
            },
            TaskState::Running if self.is_abandoned(now) => 1,
            TaskState::Running => return Err(Refusal::Leased(between(now, self.lease_until.unwrap_or(now)))),
            ended => return Err(Refusal::Ended(ended)),
        };
        if self.losses + lost > MOST_LOSSES {
            return Err(Refusal::LostTooOften(self.losses + lost));
        }
        let Attempt { owner, traceparent, tracestate } = by.clone();
        Ok(Self {
            version: self.version,
            mark: self.mark,
            attempt: self.attempt + 1,
            losses: self.losses + lost,
            state: TaskState::Running,
            owner: Some(owner),
            lease_until: Some(now.saturating_add(millis(lease))),
            cancel: self.cancel,
            failures: self.failures,
            started_at: Some(now),
            traceparent,
            tracestate,
            previous: self.traceparent.clone(),
            untold: self.with_this(),
            ..Self::new(self.index)
        })
    }

    /// Keeps the task for longer. A lease that is over is renewed too as long as nobody has taken the task.
    ///
    /// # Errors
    /// If the attempt is not the owner's any more.
    pub fn renew(&self, owner: &str, attempt: u32, now: Millis, lease: Duration) -> Result<Self, Refusal> {
        self.check_owner(owner, attempt)?;
        Ok(Self { lease_until: Some(now.saturating_add(millis(lease))), ..self.clone() })
    }

    /// Ends the attempt. A task that the operator has called off gets no other one.
    ///
    /// # Errors
    /// If the attempt is not the owner's any more.
    pub fn end(&self, owner: &str, attempt: u32, now: Millis, ending: &Ending) -> Result<Self, Refusal> {
        self.check_owner(owner, attempt)?;
        let Ending { state, not_before, counts, exit_code, signal, reason, output } = ending.clone();
        let goes_on = state == TaskState::Pending && !self.cancel;
        Ok(Self {
            state: if state == TaskState::Pending && self.cancel { TaskState::Cancelled } else { state },
            not_before: not_before.filter(|_| goes_on),
            failures: self.failures + u32::from(counts),
            lease_until: None,
            cancel: false,
            ended_at: Some(now),
            exit_code,
            signal,
            reason: reason.as_deref().map(bounded),
            output,
            ..self.clone()
        })
    }

    /// Ends a task whose hosts have vanished too often.
    ///
    /// # Errors
    /// If that is not so.
    pub fn give_up(&self, now: Millis) -> Result<Self, Refusal> {
        match self.claim(&Attempt { owner: String::new(), traceparent: None, tracestate: None }, now, Duration::ZERO) {
            Err(Refusal::LostTooOften(losses)) => Ok(Self {
                state: TaskState::Failed,
                losses,
                lease_until: None,
                cancel: false,
                ended_at: Some(now),
                reason: Some(format!("its hosts have vanished {losses} times")),
                untold: self.with_this(),
                ..self.clone()
            }),
            Err(refusal) => Err(refusal),
            Ok(_) => Err(Refusal::NotNow(self.state)),
        }
    }

    /// Calls the task off: at once if nobody works on it, else by telling the one who does.
    ///
    /// # Errors
    /// If it has ended.
    pub fn cancel(&self, now: Millis) -> Result<Self, Refusal> {
        match self.state {
            TaskState::Running if !self.is_abandoned(now) => Ok(Self { cancel: true, ..self.clone() }),
            TaskState::Pending | TaskState::Running => Ok(Self {
                state: TaskState::Cancelled,
                lease_until: None,
                not_before: None,
                cancel: false,
                ended_at: Some(now),
                untold: self.with_this(),
                ..self.clone()
            }),
            ended => Err(Refusal::Ended(ended)),
        }
    }

    /// Gives a task that has ended another round of attempts.
    ///
    /// # Errors
    /// If it has not ended.
    pub fn retry(&self) -> Result<Self, Refusal> {
        if !self.state.has_ended() {
            return Err(Refusal::NotNow(self.state));
        }
        Ok(Self { state: TaskState::Pending, failures: 0, losses: 0, not_before: None, cancel: false, ..self.clone() })
    }

    /// What is untold when the attempt under way, if there is one, is lost.
    fn with_this(&self) -> Vec<LostAttempt> {
        let this = (self.state == TaskState::Running).then(|| LostAttempt::of(self));
        self.untold.iter().cloned().chain(this).collect()
    }

    fn check_owner(&self, owner: &str, attempt: u32) -> Result<(), Refusal> {
        match self.state {
            TaskState::Running if self.owner.as_deref() == Some(owner) && self.attempt == attempt => Ok(()),
            _ => Err(Refusal::NotOwner),
        }
    }
}

/// Bytes of what is said to people about an attempt or a hook: an overview reads those of 625 tasks at once, and
/// DynamoDB answers with at most 1 MB.
const LONGEST_REASON: usize = 500;

/// The text, cut to what an item holds.
pub(super) fn bounded(reason: &str) -> String {
    if reason.len() <= LONGEST_REASON {
        return reason.to_owned();
    }
    let end = reason.floor_char_boundary(LONGEST_REASON - '…'.len_utf8());
    format!("{}…", &reason[..end])
}

pub(super) fn millis(time: Duration) -> Millis {
    Millis::try_from(time.as_millis()).unwrap_or(Millis::MAX / 2)
}

fn between(now: Millis, then: Millis) -> Duration {
    Duration::from_millis(u64::try_from(then.saturating_sub(now)).unwrap_or_default())
}
