//! The declaration that the work is done: by `spored complete`, or by a file that appears.

mod file;

use super::Life;
use super::end::Cause;
use file::Watch;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Time between two looks at the file.
const LOOK: Duration = Duration::from_secs(1);
/// Characters of a message that are kept.
const LONGEST_MESSAGE: usize = 1_024;

/// That the work is done, and how it went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Completion {
    /// How it went.
    #[serde(default)]
    pub(crate) status: Outcome,
    /// What there is to say about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
}

/// How the work went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// Well.
    #[default]
    Succeeded,
    /// Badly.
    Failed,
}

impl Outcome {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

impl Completion {
    /// The same with its message cut where it is too long to keep.
    fn cut(mut self) -> Self {
        self.message = self.message.map(|message| message.chars().take(LONGEST_MESSAGE).collect());
        self
    }
}

/// What was taken from the file, so that it is taken once.
#[derive(Debug, Default)]
pub(super) struct Taken(Watch);

/// Waits until the work is done.
pub(super) async fn over(life: Life<'_>, taken: &mut Taken) -> Cause {
    let root = &life.fixed().world.root;
    let by_file = async {
        let mut timer = tokio::time::interval(LOOK);
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            timer.tick().await;
            let path = life.booted.live.now().settings().life.completion_file.clone();
            if let Some(completion) = taken.0.look(root, path.as_ref()).await {
                tracing::info!(file = path, "the completion file is there");
                return completion;
            }
        }
    };
    let completion = tokio::select! {
        completion = life.state().completed() => completion,
        completion = by_file => completion,
    };
    let completion = completion.cut();
    life.state().change_report(|report| report.completion = Some(completion.clone()));
    Cause::Complete(completion)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_cut() {
        let long = Completion { message: Some("ä".repeat(2_000)), ..Completion::default() };
        assert_eq!(long.cut().message.unwrap().chars().count(), LONGEST_MESSAGE);
    }
}
