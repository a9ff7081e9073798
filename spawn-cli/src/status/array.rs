//! An array on a page: how far it is, who works on it, what hangs and what failed.

mod sections;
#[cfg(test)]
mod tests;

use super::Seen;
use crate::array::{Figures, Overview, SIGNS, ago, bar, fit, instant, is_alive, is_local, of_array, trace_id};
use crate::price::dollars;
use crate::show;
use sections::{failed, stragglers};
use spawn_cloud::arrays::{HookState, Millis, TaskState};
use spawn_cloud::prices::Prices;
use std::time::Duration;

/// What is to be seen of the array, on a page of at most this width.
pub(super) fn of(overview: &Overview, prices: &Prices, now: Millis, width: Option<usize>) -> Seen {
    let figures = Figures::of(overview, prices, now);
    let answer = of_array(overview, &figures, prices, now);
    let messages = match overview.unreadable() {
        _ if !overview.array.ready => Vec::new(),
        0 => Vec::new(),
        some => vec![format!("{some} tasks of {} cannot be read and are left out", overview.array.id)],
    };
    Seen { answer, page: page(overview, &figures, prices, now, width), messages, outcome: None }
}

fn page(overview: &Overview, figures: &Figures, prices: &Prices, now: Millis, width: Option<usize>) -> String {
    let array = &overview.array;
    let or_dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let mut pairs = vec![
        ("array", array.id.to_string()),
        ("state", state(overview)),
        ("launched", launched(overview, now)),
        ("command", command(overview)),
        ("tasks", tasks(overview, width)),
        ("pace", pace(figures, overview)),
        ("attempts", attempts(figures)),
        ("agents", agents(overview, now)),
        ("cost", cost(figures, prices)),
    ];
    pairs.extend(array.input.clone().map(|input| ("input", input)));
    pairs.push(("output", array.output.clone()));
    pairs.extend(array.hook.as_deref().map(|hook| ("hook", of_hook(hook, &array.hook_state))));
    pairs.push(("trace", or_dash(trace_id(array))));
    let fitted: Vec<(&str, String)> =
        pairs.into_iter().map(|(name, value)| (name, lines(name, &value, width))).collect();
    show::pairs(&fitted) + &stragglers(overview, figures, now, width) + &failed(overview, width)
}

/// Columns of a page before its values.
const INDENT: usize = 10;

/// Prose goes on in the next line where it is too long; what is copied stays whole.
fn lines(name: &str, value: &str, width: Option<usize>) -> String {
    let width = width.map(|width| width.saturating_sub(INDENT).max(20));
    match (name, width) {
        ("tasks", _) => value.to_owned(),
        ("input" | "output" | "trace" | "array", _) | (_, None) => value.replace('\n', "\\n"),
        ("command", width) => fit(value, width),
        (_, Some(width)) => textwrap::wrap(&value.replace('\n', "\\n"), textwrap::Options::new(width)).join("\n"),
    }
}

fn state(overview: &Overview) -> String {
    let array = &overview.array;
    let unsuccessful = overview.count(TaskState::Failed) + overview.count(TaskState::Cancelled);
    let called_off = if array.cancelled_at.is_some() { "called off, " } else { "" };
    match (array.ended_at, unsuccessful) {
        _ if !array.ready => "being launched: nobody works on it yet".to_owned(),
        (None, _) if array.cancelled_at.is_some() => "called off, what runs comes to its end".to_owned(),
        (None, _) if overview.has_ended() => "all tasks have ended, an agent brings it to its end".to_owned(),
        (None, _) => "under way".to_owned(),
        (Some(_), 0) => format!("{called_off}ended, all tasks succeeded"),
        (Some(_), some) => format!("{called_off}ended, {some} of {} tasks did not succeed", array.size),
    }
}

fn launched(overview: &Overview, now: Millis) -> String {
    let array = &overview.array;
    let at = instant(array.created_at - array.created_at % 1_000).unwrap_or_else(|| "-".to_owned());
    match array.ended_at {
        None => format!("{at} ({} ago)", ago(array.created_at, now)),
        Some(ended) => {
            format!("{at} ({} ago), ended after {}", ago(array.created_at, now), ago(array.created_at, ended))
        }
    }
}

fn command(overview: &Overview) -> String {
    let array = &overview.array;
    let words = array.command.iter().map(String::as_str);
    match array.shell {
        true => words.collect::<Vec<_>>().join(" "),
        // A word with a NUL has no quoted form; it is shown as it is.
        false => shlex::try_join(words.clone()).unwrap_or_else(|_| words.collect::<Vec<_>>().join(" ")),
    }
}

fn tasks(overview: &Overview, width: Option<usize>) -> String {
    let size = overview.array.size as usize;
    let ended = overview.tasks.iter().filter(|task| task.state.has_ended()).count();
    let share = format!("{}% of {size}", ended * 100 / size.max(1));
    let room = width.map(|width| width.saturating_sub(INDENT + share.len() + 1));
    let bar = bar(|state| overview.count(state), room);
    let shown = |state: &TaskState| *state == TaskState::Succeeded || overview.count(*state) > 0;
    let counts = SIGNS.iter().map(|(state, _)| *state).filter(shown);
    let counts: Vec<String> = counts.map(|state| format!("{} {state}", overview.count(state))).collect();
    let gap = if bar.is_empty() { "" } else { " " };
    let counts = counts.join(", ");
    let room = width.map_or(usize::MAX, |width| width.saturating_sub(INDENT).max(20));
    format!("{bar}{gap}{share}\n{}", textwrap::wrap(&counts, room).join("\n"))
}

fn pace(figures: &Figures, overview: &Overview) -> String {
    let Some(per_minute) = figures.per_minute else { return "no task has ended lately".to_owned() };
    let pace = if per_minute < 10.0 { format!("{per_minute:.1}") } else { format!("{per_minute:.0}") };
    let median = figures.median.map(|median| format!(", half of them within {}", time(median))).unwrap_or_default();
    let left = figures.left.map(|left| format!("; the rest takes about {}", span(left)));
    let when = if overview.array.ended_at.is_some() { "" } else { " lately" };
    format!("{pace} tasks a minute{when}{median}{}", left.unwrap_or_default())
}

fn attempts(figures: &Figures) -> String {
    let Figures { attempts, again, lost, .. } = figures;
    match (again, lost) {
        (0, 0) => attempts.to_string(),
        (again, 0) => format!("{attempts}, {again} of them repeated"),
        (again, lost) => format!("{attempts}, {again} of them repeated, {lost} lost with their hosts"),
    }
}

fn agents(overview: &Overview, now: Millis) -> String {
    let (here, left): (Vec<_>, Vec<_>) = overview.agents.iter().partition(|agent| agent.left_at.is_none());
    let local = here.iter().filter(|agent| is_local(agent)).count();
    let silent = here.iter().filter(|agent| !is_alive(agent, now)).count();
    let counts = [(here.len() - local, "on EC2"), (local, "local"), (silent, "of them silent"), (left.len(), "gone")];
    let counts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    match (here.is_empty(), overview.array.ended_at) {
        (true, None) => {
            let none = format!("none: `spawn launch --join {}` brings some", overview.array.id);
            std::iter::once(none).chain(counts).collect::<Vec<_>>().join("; ")
        }
        (true, Some(_)) if counts.is_empty() => "none".to_owned(),
        _ => counts.join(", "),
    }
}

fn cost(figures: &Figures, prices: &Prices) -> String {
    let cost = &figures.cost;
    let at_most = if cost.at_most { "at most " } else { "" };
    let without = match cost.without_price {
        0 => String::new(),
        some => format!(", without {some} whose price is not known"),
    };
    let (hour, so_far) = (dollars(cost.per_hour), dollars(cost.so_far));
    format!("{at_most}{hour}/h, about {so_far} so far{without} (list price of {})", prices.as_of())
}

fn of_hook(hook: &str, state: &HookState) -> String {
    match state {
        HookState::Waiting => format!("{hook} waits for the end"),
        HookState::Running { .. } => format!("{hook} is being told"),
        HookState::Done { problem: None } => format!("{hook} was told of the end"),
        HookState::Done { problem: Some(problem) } => format!("{hook}: {problem}"),
    }
}

fn span(time: Duration) -> String {
    self::time(time.as_secs())
}

fn time(seconds: u64) -> String {
    crate::fleet::span(seconds).unwrap_or_else(|| "0s".to_owned())
}
