//! What became of each instance.

use super::Change;
use crate::exit::Exit;
use crate::fleet::{id_and_name, name};
use crate::output::Output;
use crate::select::State;
use crate::show;
use anyhow::Result;
use serde_json::{Value, json};
use spawn_cloud::instances::Instance;
use std::collections::BTreeMap;

/// An instance and what became of it.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) instance: Instance,
    pub(super) outcome: Outcome,
}

/// What became of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing yet.
    Open,
    /// It was so already.
    Already,
    /// EC2 took the order; the instance's state since then.
    Ordered(String),
    /// It was not done, and this is why.
    Failed(String),
}

impl Answer {
    /// What is known before EC2 is asked for anything.
    pub(super) fn before(change: Change, instance: Instance) -> Self {
        let state = instance.state.as_str();
        let is_one_of = |states: &[State]| states.iter().any(|one| one.word() == state);
        let outcome = match state {
            _ if is_one_of(change.done_in()) => Outcome::Already,
            _ if is_one_of(change.impossible_in()) => Outcome::Failed(impossible(change, state)),
            _ => Outcome::Open,
        };
        Self { instance, outcome }
    }

    pub(super) fn id(&self) -> &str {
        &self.instance.instance_id
    }

    pub(super) fn is_open(&self) -> bool {
        self.outcome == Outcome::Open
    }

    /// Whether waiting can still change something.
    pub(super) fn is_on_its_way(&self, goal: State) -> bool {
        match &self.outcome {
            Outcome::Ordered(state) => state != goal.word() && state != State::Terminated.word(),
            Outcome::Already => self.instance.state != goal.word(),
            Outcome::Open | Outcome::Failed(_) => false,
        }
    }

    pub(super) fn take(&mut self, outcome: Option<Outcome>) {
        if let Some(outcome) = outcome {
            self.outcome = outcome;
        }
    }

    fn state(&self) -> &str {
        match &self.outcome {
            Outcome::Ordered(state) => state,
            _ => &self.instance.state,
        }
    }

    fn json(&self) -> Value {
        let error = match &self.outcome {
            Outcome::Failed(reason) => Some(reason),
            _ => None,
        };
        json!({
            "instance_id": self.id(),
            "name": name(&self.instance),
            "previous_state": self.instance.state,
            "state": self.state(),
            "changed": matches!(self.outcome, Outcome::Ordered(_)),
            "error": error,
        })
    }
}

fn impossible(change: Change, state: &str) -> String {
    let remedy = match state {
        "stopping" => "wait until it is stopped",
        _ => "it is gone for good: `spawn launch` makes another",
    };
    format!("it is {state}, and cannot {}: {remedy}", change.verb())
}

/// Prints what became of each: states on stdout, and on stderr what is to be said about them.
pub(super) fn print(change: Change, answers: &[Answer], output: Output) -> Result<()> {
    let list = Value::Array(answers.iter().map(Answer::json).collect());
    output.print(&list, || table(answers))?;
    if answers.is_empty() {
        show::message(&format!("no instance to {}: none is as described", change.verb()));
    }
    let mut said: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for answer in answers {
        let about = match &answer.outcome {
            Outcome::Already => format!("already {}", answer.instance.state),
            Outcome::Failed(reason) => reason.clone(),
            Outcome::Open | Outcome::Ordered(_) => continue,
        };
        said.entry(about).or_default().push(id_and_name(&answer.instance));
    }
    for (about, instances) in said {
        show::message(&format!("{}: {about}", instances.join(", ")));
    }
    Ok(())
}

fn table(answers: &[Answer]) -> String {
    if answers.is_empty() {
        return String::new();
    }
    let rows = answers.iter().map(|answer| {
        let name = name(&answer.instance).unwrap_or("-").to_owned();
        vec![answer.id().to_owned(), name, answer.instance.state.clone(), answer.state().to_owned()]
    });
    show::grid(show::stdout_width(), &["INSTANCE", "NAME", "WAS", "IS"], rows)
}

/// Success, failure, or both.
pub(super) fn exit(answers: &[Answer]) -> Exit {
    let failed = answers.iter().filter(|answer| matches!(answer.outcome, Outcome::Failed(_))).count();
    match failed {
        0 => Exit::Success,
        all if all == answers.len() => Exit::Failure,
        _ => Exit::Partial,
    }
}
