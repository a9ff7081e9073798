//! `--follow`: looks again and again until the work has ended.

use super::source::{Found, Looks, Source, Wanted};
use crate::exit::{Exit, UsageError};
use crate::output::Output;
use crate::show;
use crate::watch::{self, View};
use anyhow::Result;
use opentelemetry::trace::{SpanId, TraceId};
use spawn_config::TimeSpan;
use spawn_view::page::data::trace_data;
use spawn_view::text::escape::escape;
use spawn_view::text::{cause, units};
use spawn_view::{Span, Trace};
use std::collections::{HashMap, HashSet};

/// Looks with nothing new, once all spans have ended, after which nothing more is expected. Hosts deliver within seconds.
const QUIET_LOOKS: u32 = 5;

/// How often it is looked, and how that is shown; none where it is looked once.
pub(super) fn view(interval: Option<TimeSpan>, output: Output) -> Result<Option<(TimeSpan, View)>, UsageError> {
    let Some(interval) = interval else { return Ok(None) };
    let view = View::choose(output).map_err(|_| {
        let rule = "--follow has no end, and JSON and YAML are one document: use -o ndjson, or -o table";
        UsageError::Other(rule.to_owned())
    })?;
    Ok(Some((interval, view)))
}

/// Follows what is wanted; a frame is what a terminal shows.
pub(super) async fn run(
    source: &Source<'_>,
    wanted: &Wanted,
    links: u32,
    (interval, mut view): (TimeSpan, View),
    output: Output,
    frame: impl Fn(&Found) -> String,
) -> Result<Exit> {
    let mut seen = Seen::default();
    let mut quiet = 0;
    let mut told = HashSet::new();
    let mut goes_on = true;
    let mut drawn = String::new();
    let mut looks = Looks::new(source, wanted.clone(), links);
    watch::until(interval, async || {
        let Some(found) = looks.next().await? else {
            quiet = if goes_on { 0 } else { quiet + 1 };
            // Whatever else was written on the screen meanwhile goes.
            if matches!(view, View::Screen { .. }) {
                view.draw(&drawn)?;
            }
            return Ok((quiet >= QUIET_LOOKS).then_some(Exit::Success));
        };
        let news: Vec<String> =
            found.problems.iter().filter(|problem| told.insert((*problem).clone())).cloned().collect();
        super::tell(&news);
        let news = seen.news(&found.traces);
        let is_new = !news.is_empty();
        match (&mut view, output) {
            (screen @ View::Screen { .. }, _) => {
                drawn = match found.traces.is_empty() {
                    true => "nothing of it is here yet; looking again (Ctrl-C ends)\n".to_owned(),
                    false => frame(&found),
                };
                screen.draw(&drawn)?;
            }
            (View::Lines, Output::Ndjson) => {
                for data in found.traces.iter().map(trace_data).filter(|_| is_new) {
                    Output::Ndjson.write(&data)?;
                }
            }
            (View::Lines, _) => show::data(&news)?,
        }
        let under_way = found.traces.iter().flat_map(Trace::spans).any(|span| span.end.is_none());
        goes_on = found.traces.is_empty() || under_way;
        quiet = if goes_on || is_new { 0 } else { quiet + 1 };
        Ok((quiet >= QUIET_LOOKS).then_some(Exit::Success))
    })
    .await
}

/// Which spans were seen, and whether they had ended.
#[derive(Debug, Default)]
struct Seen(HashMap<(TraceId, SpanId), bool>);

impl Seen {
    /// A line for each span that is new or has ended since.
    fn news(&mut self, traces: &[Trace]) -> String {
        let mut lines = String::new();
        for trace in traces {
            for span in trace.spans() {
                let ended = span.end.is_some();
                if self.0.insert((span.trace_id, span.span_id), ended) != Some(ended) {
                    lines += &line(trace, span);
                }
            }
        }
        lines
    }
}

fn line(trace: &Trace, span: &Span) -> String {
    let after = units::duration(span.start.saturating_sub(trace.start()));
    let state = match span.duration() {
        None => "under way".to_owned(),
        Some(time) => units::duration(time),
    };
    let why = cause(span).map_or_else(String::new, |cause| format!(" ! {}", escape(&cause)));
    format!("+{after}  {}  {}  {state}{why}\n", escape(span.service()), escape(&span.name))
}
