//! Asking before what destroys; without a terminal there is nobody to ask, and silence is no consent.

use super::Change;
use super::answer::Answer;
use crate::exit::UsageError;
use crate::fleet::name;
use crate::show;
use anyhow::{Context, Result};
use spawn_host::console;
use std::io::{BufRead, IsTerminal};

/// Refuses, before any call, where one would have to ask and cannot.
pub(crate) fn possible(verb: &str, yes: bool) -> Result<(), UsageError> {
    if yes || std::io::stdin().is_terminal() {
        return Ok(());
    }
    Err(UsageError::Other(format!(
        "{verb} asks before it ends what runs, and there is no terminal to ask on: add --yes"
    )))
}

/// Shows what will be done, and asks.
pub(super) async fn given(change: Change, answers: &[Answer], yes: bool) -> Result<bool> {
    if yes {
        return Ok(true);
    }
    let open: Vec<&Answer> = answers.iter().filter(|answer| answer.is_open()).collect();
    let rows = open.iter().map(|answer| {
        let one = &answer.instance;
        let name = name(one).unwrap_or("-").to_owned();
        vec![one.instance_id.clone(), name, one.instance_type.clone(), one.state.clone()]
    });
    let table = show::grid(show::stdout_width(), &["INSTANCE", "NAME", "TYPE", "STATE"], rows);
    let what = if open.len() == 1 { "this instance".to_owned() } else { format!("these {} instances", open.len()) };
    asked(&format!("{table}{} {what}? [y/N] ", change.verb())).await
}

/// Asks; whether the answer is yes.
pub(crate) async fn asked(question: &str) -> Result<bool> {
    console::question(question);
    // Beside the runtime, so that Ctrl-C still ends the command.
    let answer = tokio::task::spawn_blocking(|| {
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer).map(|_| answer)
    });
    let answer = answer.await.context("failed to read the answer")??;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
