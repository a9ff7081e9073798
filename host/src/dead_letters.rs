//! `trace dead-letters` of both programs: what back ends have refused for good, listed, shown and dropped.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use spawn_config::TracingSettings;
use spawn_telemetry::{Choice, DeadLetters, DeadLettersError, Found, Letter};

use crate::World;
use crate::console::escape;

/// What is done with dead letters.
#[derive(Debug, Subcommand)]
pub enum DeadLettersCommand {
    /// List the spans that a back end has refused for good, and why.
    List(ListOptions),
    /// Show such spans whole; exit code 1 when there is none.
    Show(ShowOptions),
    /// Send such spans again, as new ones; exit code 1 when there is none.
    Retry(Chosen),
    /// Remove such spans for good; exit code 1 when there is none.
    Drop(Chosen),
}

/// Flags of `list`.
#[derive(Debug, Args)]
pub struct ListOptions {
    /// Those with this reason or code, for example too_large or 'Invalid*'.
    #[arg(long, value_name = "GLOB")]
    reason: Option<String>,
    /// Those of this trace, as 32 digits or as X-Ray writes it (1-…-…).
    #[arg(long, value_name = "TRACE_ID")]
    trace: Option<String>,
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Form,
}

/// Flags of `show`.
#[derive(Debug, Args)]
pub struct ShowOptions {
    #[command(flatten)]
    chosen: Chosen,
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Form,
}

/// Which letters are meant: all that is given must hold.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct Chosen {
    /// Ids as `list` prints them, or ids of spans.
    #[arg(value_name = "LETTER")]
    letters: Vec<String>,
    /// Those with this reason or code, for example too_large or 'Invalid*'.
    #[arg(long, value_name = "GLOB")]
    reason: Option<String>,
    /// Those of this trace, as 32 digits or as X-Ray writes it (1-…-…).
    #[arg(long, value_name = "TRACE_ID")]
    trace: Option<String>,
    /// All of them.
    #[arg(long)]
    all: bool,
}

/// How an answer is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For people.
    Table,
    /// For programs.
    Json,
}

impl ListOptions {
    /// The letters that are asked for, as text.
    ///
    /// # Errors
    /// If the letters cannot be read.
    pub fn answer(&self, letters: &DeadLetters) -> Result<String, DeadLettersError> {
        let Self { reason, trace, output } = self;
        let choice = Choice { all: true, ids: Vec::new(), reason: reason.clone(), trace: trace.clone() };
        let Found { letters, unreadable } = found(letters, &choice)?;
        if *output == Form::Json {
            let without_span = letters.iter().map(|letter| {
                let mut letter = json!(letter);
                letter.as_object_mut().map(|fields| fields.shift_remove("span"));
                letter
            });
            return Ok(pretty(&without_span.collect()));
        }
        let mut text = table(&letters);
        if unreadable > 0 {
            text.push_str(&format!("{unreadable} more cannot be read\n"));
        }
        Ok(text)
    }
}

impl ShowOptions {
    /// The letters that are asked for, as text; `None` if there are none.
    ///
    /// # Errors
    /// If the letters cannot be read.
    pub fn answer(&self, letters: &DeadLetters) -> Result<Option<String>, DeadLettersError> {
        let letters = found(letters, &self.chosen.choice())?.letters;
        Ok(match (letters.is_empty(), self.output) {
            (true, _) => None,
            (false, Form::Json) => Some(pretty(&json!(letters))),
            (false, Form::Table) => Some(letters.iter().map(page).collect::<Vec<_>>().join("\n")),
        })
    }
}

impl Chosen {
    /// What was chosen.
    #[must_use]
    pub fn choice(&self) -> Choice {
        let Self { letters, reason, trace, all } = self;
        Choice { all: *all, ids: letters.clone(), reason: reason.clone(), trace: trace.clone() }
    }
}

fn found(letters: &DeadLetters, choice: &Choice) -> Result<Found, DeadLettersError> {
    let Found { mut letters, unreadable } = letters.read()?;
    letters.retain(|letter| choice.takes(letter));
    Ok(Found { letters, unreadable })
}

fn pretty(answer: &Value) -> String {
    format!("{answer:#}\n")
}

fn table(letters: &[Letter]) -> String {
    if letters.is_empty() {
        return "no dead letters\n".to_owned();
    }
    let header = ["LETTER", "REFUSED", "REASON", "CODE", "TRACE", "SPAN"].map(str::to_owned);
    let rows = letters.iter().map(|letter| {
        let code = if letter.code.is_empty() { "-" } else { &letter.code };
        [&letter.id, seconds(&letter.at), &letter.reason, code, &letter.trace_id, &letter.name].map(plain)
    });
    let rows: Vec<[String; 6]> = std::iter::once(header).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; 6] = std::array::from_fn(width);
    let line = |row: &[String; 6]| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

/// Everything about a letter, its span at the end.
fn page(letter: &Letter) -> String {
    let host = if letter.host.is_empty() { String::new() } else { format!(" at {}", letter.host) };
    let span: Value = serde_json::from_str(letter.otlp_json()).unwrap_or_default();
    let rows = [
        ("letter", letter.id.clone()),
        ("refused", format!("{} by {}{host}", letter.at, letter.exporter)),
        ("reason", format!("{} {}", letter.reason, letter.code)),
        ("message", letter.message.clone()),
        ("trace", letter.trace_id.clone()),
        ("span", format!("{} {}", letter.span_id, letter.name)),
    ];
    let rows: String = rows.iter().map(|(name, value)| format!("{name:<9}{}\n", plain(value).trim_end())).collect();
    // JSON has no raw control characters, but it may have some that turn the direction of reading.
    format!("{rows}{}\n", escape(&format!("{span:#}")))
}

/// Without the fraction.
fn seconds(at: &str) -> &str {
    at.split('.').next().unwrap_or(at)
}

fn plain(text: &(impl AsRef<str> + ?Sized)) -> String {
    escape(text.as_ref()).replace('\n', " ")
}

/// The letters of the agent of this host.
#[must_use]
pub fn of_agent(world: &World, tracing: &TracingSettings) -> DeadLetters {
    DeadLetters::beside(&tracing.spool.folder.as_ref().map_or_else(|| world.spool(), PathBuf::from))
}

/// The letters of this user's commands; `None` for a user without a home.
#[must_use]
pub fn of_user(world: &World, tracing: &TracingSettings) -> Option<DeadLetters> {
    let spool = tracing.spool.folder.as_ref().map(PathBuf::from);
    Some(DeadLetters::beside(&spool.or_else(|| world.user_spool())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_back_end_said_cannot_reach_the_terminal() {
        let letter = json!({
            "id": "1-0.0", "at": "2026-11-21T04:40:24.000Z", "exporter": "xray", "host": "h\u{1b}[2J", "reason": "rejected",
            "code": "a\nb", "message": "m\u{202e}", "trace_id": "7", "span_id": "8", "name": "n\u{1b}]0;x\u{7}",
            "span": { "t": "\u{202e}" },
        });
        let letter: Letter = serde_json::from_value(letter).unwrap();
        for text in [table(std::slice::from_ref(&letter)), page(&letter)] {
            assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{text}");
        }
        assert_eq!(table(&[letter]).lines().count(), 2);
    }
}
