//! A terminal on which a program runs, keys are typed, and a screen is seen, through an emulator that others wrote.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::aws::python;
use crate::programs::Program;
use crate::python::{Environments, Requirements, script};

/// A terminal of so many columns and lines.
#[derive(Clone, Debug)]
pub struct Terminal {
    columns: u16,
    lines: u16,
    stdin: Option<String>,
}

/// What is done at a terminal.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    /// Waits until the screen has this text.
    Wait(&'a str),
    /// Waits until it has it no more.
    Gone(&'a str),
    /// Types; a line end is Enter.
    Type(&'a str),
    /// Sends the program this signal.
    Signal(i32),
    /// Makes the terminal so large: columns and lines.
    Resize(u16, u16),
    /// Gives a file another name.
    Rename(&'a str, &'a str),
    /// Keeps the screen under this name.
    Screen(&'a str),
    /// Waits until the program has ended.
    End,
}

/// A cell of a screen: column, line, character, foreground, background, reversed.
pub type Cell = (u16, u16, String, String, String, bool);

/// What was seen at a terminal.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Shown {
    /// The screens that were kept, line by line, without spaces at the ends of lines.
    pub screens: BTreeMap<String, Vec<String>>,
    /// Of each kept screen, the cells that are not plain.
    pub attributes: BTreeMap<String, Vec<Cell>>,
    /// The exit code; minus the signal's number when one ended it.
    pub code: Option<i32>,
    /// The terminal's modes before the program began.
    pub before: Value,
    /// The same at the end.
    pub after: Value,
    /// Whether the other screen is shown still.
    pub alternate: bool,
    /// Whether the cursor is to be seen.
    pub cursor: bool,
    /// Everything that was written to the terminal.
    pub bytes: String,
    /// The screen at the end.
    pub last: Vec<String>,
}

impl Terminal {
    /// A terminal of this size.
    pub const fn new(columns: u16, lines: u16) -> Self {
        Self { columns, lines, stdin: None }
    }

    /// The program's standard input is this file; keys come from the terminal all the same.
    pub fn stdin(mut self, file: &Path) -> Self {
        self.stdin = Some(file.display().to_string());
        self
    }

    /// Runs a program on it.
    ///
    /// # Errors
    /// When a wait was in vain: what the screen showed then is in the text.
    pub async fn run(&self, program: &Program, steps: &[Step<'_>]) -> Result<Shown> {
        let text = |part: &std::ffi::OsString| part.to_string_lossy().into_owned();
        let argv: Vec<String> =
            [program.path.display().to_string()].into_iter().chain(program.args.iter().map(text)).collect();
        let environment: BTreeMap<String, String> =
            program.envs.iter().map(|(name, value)| (text(name), text(value))).collect();
        let plan = json!({
            "program": argv,
            "environment": environment,
            "columns": self.columns,
            "lines": self.lines,
            "stdin": self.stdin,
            "steps": steps.iter().map(Step::plan).collect::<Vec<_>>(),
        });
        let emulator = Program::new(python(Environments::of_this_build(), Requirements::Terminal).await?);
        let output = emulator.arg(script("terminal.py")).arg(plan.to_string()).run().await?;
        ensure!(output.status == 0, "{}", output.stderr);
        serde_json::from_str(&output.stdout).context("read what the terminal showed")
    }
}

impl Step<'_> {
    fn plan(&self) -> Value {
        match self {
            Self::Wait(text) => json!({ "wait": text }),
            Self::Gone(text) => json!({ "gone": text }),
            Self::Type(keys) => json!({ "type": keys.replace('\n', "\r") }),
            Self::Signal(number) => json!({ "signal": number }),
            Self::Resize(columns, lines) => json!({ "resize": [columns, lines] }),
            Self::Rename(from, to) => json!({ "rename": [from, to] }),
            Self::Screen(name) => json!({ "screen": name }),
            Self::End => json!({ "end": true }),
        }
    }
}

impl Shown {
    /// A kept screen as one text.
    pub fn screen(&self, name: &str) -> String {
        self.screens.get(name).map_or_else(String::new, |lines| lines.join("\n"))
    }

    /// Whether the terminal is as it was: modes, screen and cursor.
    pub fn is_given_back(&self) -> bool {
        self.before == self.after && !self.alternate && self.cursor
    }
}
