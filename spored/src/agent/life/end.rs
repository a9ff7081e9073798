//! Why a host ends and what then becomes of it: the decision, without the deed.

use super::attribute;
use super::completion::Completion;
use super::idle::Sample;
use opentelemetry::KeyValue;
use spawn_config::{OnComplete, Provider, TimeSpan};
use std::time::Duration;

/// What brought a life-cycle span about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Ttl,
    Idle,
    Complete,
    Spot,
    Rebalance,
}

impl Reason {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Ttl => "ttl",
            Self::Idle => "idle",
            Self::Complete => "complete",
            Self::Spot => "spot",
            Self::Rebalance => "rebalance",
        }
    }

    /// Name of the span.
    pub(super) const fn span(self) -> &'static str {
        match self {
            Self::Ttl => "lifecycle ttl",
            Self::Idle => "lifecycle idle",
            Self::Complete => "lifecycle complete",
            Self::Spot => "lifecycle spot",
            Self::Rebalance => "lifecycle rebalance",
        }
    }

    /// What its span marks beside itself: what EC2 has done, where this is its doing.
    pub(super) const fn event(self) -> Option<&'static str> {
        match self {
            Self::Spot => Some("spot interruption notice"),
            Self::Rebalance => Some("rebalance recommendation"),
            Self::Ttl | Self::Idle | Self::Complete => None,
        }
    }
}

/// The first reason to end, with what was measured.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cause {
    Ttl { ttl: TimeSpan, age: Duration },
    Idle { timeout: TimeSpan, idle: Duration, last: Sample },
    Complete(Completion),
}

impl Cause {
    pub(super) const fn reason(&self) -> Reason {
        match self {
            Self::Ttl { .. } => Reason::Ttl,
            Self::Idle { .. } => Reason::Idle,
            Self::Complete(_) => Reason::Complete,
        }
    }

    /// Why tasks under way are given back.
    pub(super) const fn why(&self) -> &'static str {
        match self {
            Self::Ttl { .. } => "the host's time to live is over",
            Self::Idle { .. } => "the host ends as idle",
            Self::Complete(_) => "the host's work was declared to be done",
        }
    }

    pub(super) fn attributes(&self) -> Vec<KeyValue> {
        let seconds = |time: &Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        match self {
            Self::Ttl { ttl, age } => {
                vec![KeyValue::new(attribute::TTL, ttl.to_string()), KeyValue::new(attribute::AGE, seconds(age))]
            }
            Self::Idle { timeout, idle, last } => vec![
                KeyValue::new(attribute::IDLE, seconds(idle)),
                KeyValue::new(attribute::IDLE_TIMEOUT, timeout.to_string()),
                KeyValue::new(attribute::IDLE_MEASURED, last.to_string()),
            ],
            Self::Complete(Completion { status, message }) => {
                let message = message.clone().map(|message| KeyValue::new(attribute::COMPLETION_MESSAGE, message));
                let status = KeyValue::new(attribute::COMPLETION_STATUS, status.as_str());
                [status].into_iter().chain(message).collect()
            }
        }
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ttl { ttl, .. } => write!(f, "the time to live of {ttl} is over"),
            Self::Idle { timeout, last, .. } => write!(f, "the host was idle for {timeout} ({last})"),
            Self::Complete(Completion { status, .. }) => write!(f, "the work is done: it has {}", status.as_str()),
        }
    }
}

/// What becomes of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Terminate,
    Stop,
    Hibernate,
    /// The agent ends, the host goes on.
    Exit,
    /// The agent stays for the time to live alone: without it nobody would end the instance then.
    Wait,
}

impl Action {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Terminate => "terminate",
            Self::Stop => "stop",
            Self::Hibernate => "hibernate",
            Self::Exit => "exit",
            Self::Wait => "wait",
        }
    }
}

/// Decides. A host of the user's own is never touched, and an instance outlives its time to live on no account but a
/// stop: `exit` means "leave the instance to me", not "let it run for ever".
pub(super) const fn decide(
    reason: Reason,
    on_complete: Option<OnComplete>,
    provider: Provider,
    has_ttl: bool,
) -> Action {
    match (provider, on_complete) {
        (Provider::Local, _) => Action::Exit,
        (Provider::Ec2, None | Some(OnComplete::Terminate)) => Action::Terminate,
        (Provider::Ec2, Some(OnComplete::Stop)) => Action::Stop,
        (Provider::Ec2, Some(OnComplete::Hibernate)) => Action::Hibernate,
        (Provider::Ec2, Some(OnComplete::Exit)) => match reason {
            Reason::Ttl => Action::Terminate,
            _ if has_ttl => Action::Wait,
            _ => Action::Exit,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_ends_as_the_how_to_says() {
        let guide = include_str!("../../../../docs/how-to/lifecycle.md");
        let table =
            guide.split_once("<!-- actions:begin -->\n").unwrap().1.split_once("<!-- actions:end -->").unwrap().0;
        let mut expected = String::from(
            "| `on-complete` | time to live | idle, complete | idle, complete, with a time to live set |\n|---|---|---|---|\n",
        );
        let words = [None].into_iter().chain(OnComplete::WORDS.iter().map(|word| word.parse().ok()));
        for on_complete in words {
            let name = on_complete.map_or("unset".to_owned(), |word: OnComplete| format!("`{word}`"));
            let cells = [(Reason::Ttl, true), (Reason::Idle, false), (Reason::Complete, true)];
            let cells = cells.map(|(reason, ttl)| decide(reason, on_complete, Provider::Ec2, ttl).as_str());
            expected += &format!("| {name} | {} |\n", cells.join(" | "));
        }
        assert_eq!(table, expected);
    }

    #[test]
    fn a_host_of_ones_own_is_never_touched() {
        for on_complete in [None, Some(OnComplete::Terminate), Some(OnComplete::Stop), Some(OnComplete::Hibernate)] {
            for reason in [Reason::Ttl, Reason::Idle, Reason::Complete] {
                assert_eq!(decide(reason, on_complete, Provider::Local, true), Action::Exit);
            }
        }
    }

    #[test]
    fn a_cause_tells_what_was_measured() {
        let cause = Cause::Ttl { ttl: "90m".parse().unwrap(), age: Duration::from_millis(5_400_500) };
        assert_eq!(cause.to_string(), "the time to live of 1h30m is over");
        let attributes = vec![KeyValue::new("spawn.ttl", "1h30m"), KeyValue::new("spawn.age_seconds", 5_400_i64)];
        assert_eq!(cause.attributes(), attributes);
        let done = Cause::Complete(serde_json::from_str(r#"{"status": "failed", "message": "no disk"}"#).unwrap());
        assert_eq!(done.to_string(), "the work is done: it has failed");
        let attributes = vec![
            KeyValue::new("spawn.completion.status", "failed"),
            KeyValue::new("spawn.completion.message", "no disk"),
        ];
        assert_eq!(done.attributes(), attributes);
    }
}
