//! `--watch`: looks again and again; a frame that is drawn over on a terminal, one line for each change elsewhere.

use crate::exit::UsageError;
use crate::output::Output;
use crate::show;
use anyhow::Result;
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use spawn_config::TimeSpan;
use std::time::Duration;

/// Clears the screen and goes to its first line.
const CLEAR: &str = "\u{1b}[2J\u{1b}[H";
/// Goes to the first line and leaves the rest as it is, so that nothing flickers.
const HOME: &str = "\u{1b}[H";
/// Clears to the end of the line, and to the end of the screen.
const REST_OF_LINE: &str = "\u{1b}[K";
const REST_OF_SCREEN: &str = "\u{1b}[J";

/// How a watching command shows what it sees.
#[derive(Debug)]
pub(crate) enum View {
    /// On a terminal.
    Screen { drawn: bool },
    /// To a program.
    Lines,
}

impl View {
    /// Chooses by the form that is asked for and by what stdout is.
    pub(crate) fn choose(output: Output) -> Result<Self, UsageError> {
        match output {
            Output::Table if show::stdout_size().is_some() => Ok(Self::Screen { drawn: false }),
            Output::Table | Output::Ndjson => Ok(Self::Lines),
            Output::Json | Output::Yaml => {
                let rule = "--watch has no end, and JSON and YAML are one document: use -o ndjson, or -o table";
                Err(UsageError::Other(rule.to_owned()))
            }
        }
    }

    /// Draws over what was drawn before; what is higher than the screen is cut.
    pub(crate) fn draw(&mut self, frame: &str) -> Result<()> {
        let Self::Screen { drawn } = self else { return show::data(frame) };
        let height = show::stdout_size().map_or(usize::MAX, |(_, height)| height);
        let start = if std::mem::replace(drawn, true) { HOME } else { CLEAR };
        show::data(&(start.to_owned() + &over(frame, height) + REST_OF_SCREEN))
    }
}

/// Looks, waits, and looks again until Ctrl-C. A look that fails ends it only if it is the first.
pub(crate) async fn repeat(interval: TimeSpan, mut look: impl AsyncFnMut() -> Result<()>) -> Result<()> {
    until(interval, async || look().await.map(|()| None)).await
}

/// As [`repeat`], but only until a look has an answer.
pub(crate) async fn until<T>(interval: TimeSpan, mut look: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    if let Some(answer) = look().await? {
        return Ok(answer);
    }
    // A trace that grows for hours helps nobody: the first look is in it, the others are not.
    let quiet = Context::current().with_telemetry_suppressed();
    loop {
        tokio::time::sleep(Duration::from(interval)).await;
        match look().with_context(quiet.clone()).await {
            Ok(None) => {}
            Ok(Some(answer)) => return Ok(answer),
            Err(error) => show::message(&format!("{error:#}; looking again in {interval}")),
        }
    }
}

fn over(frame: &str, height: usize) -> String {
    let lines: Vec<&str> = frame.lines().collect();
    // The last line of the screen is left for the cursor.
    let (shown, rest) = match height.saturating_sub(1) {
        fits if lines.len() <= fits => (lines.len(), 0),
        fits => (fits.saturating_sub(1), lines.len() - fits.saturating_sub(1)),
    };
    let mut text: String = lines.iter().take(shown).map(|line| format!("{line}{REST_OF_LINE}\n")).collect();
    if rest > 0 {
        text += &format!("… and {rest} more lines{REST_OF_LINE}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_clears_the_rest_of_each_line_it_draws_over() {
        assert_eq!(over("a\nb\n", 24), "a\u{1b}[K\nb\u{1b}[K\n");
    }

    #[test]
    fn a_frame_higher_than_the_screen_is_cut_and_says_so() {
        assert_eq!(over("a\nb\nc\nd\n", 4), "a\u{1b}[K\nb\u{1b}[K\n… and 2 more lines\u{1b}[K\n");
    }
}
