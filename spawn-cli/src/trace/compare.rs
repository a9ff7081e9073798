//! `spawn trace compare`: two traces, or two tasks, beside each other.

use super::array;
use super::paper::PaperOptions;
use super::search::Period;
use super::source::{self, Source, SourceOptions, Wanted};
use crate::args::Global;
use crate::exit::Exit;
use crate::output::Output;
use crate::show;
use anyhow::Result;
use clap::Args;
use opentelemetry::trace::TraceId;
use spawn_host::World;
use spawn_view::page::data::comparison_data;
use spawn_view::{Trace, arrays, compare, compare_spans, text, trace_id, xray_form};

/// What `--help` begins with; in a comment the brackets would be links.
pub(super) const ABOUT: &str = "\
Show two traces, or two tasks of job arrays, beside each other.

  spawn trace compare 1-6b021b31-0123456789abcdef01234567 \\
    1-6b021b40-89abcdef0123456701234567
  spawn trace compare 'align[3]' 'align[7]'";

/// Which two, and how.
#[derive(Debug, Args)]
pub(crate) struct CompareOptions {
    /// A trace by its id, or a task: `align[3]` is its last attempt, `align[3]#1` the first.
    #[arg(value_name = "A", value_parser = parse)]
    left: Subject,
    /// The other one.
    #[arg(value_name = "B", value_parser = parse)]
    right: Subject,
    #[command(flatten)]
    source: SourceOptions,
    #[command(flatten)]
    period: Period,
    /// Show every row, however many there are.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    paper: PaperOptions,
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
}

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    Trace(TraceId),
    Task { array: String, index: u32, attempt: Option<u32> },
}

/// What was found of it: a trace, and of a task its span.
struct Side {
    trace: Trace,
    span: Option<usize>,
    name: String,
}

pub(crate) async fn run(global: Global, options: CompareOptions, world: &World) -> Result<Exit> {
    let paper = options.paper.paper(world);
    let compared = source::within("spawn trace compare", global, &options.source, world, async |source| {
        let left = find(&options.left, &options, source).await?;
        let right = find(&options.right, &options, source).await?;
        let (Some(left), Some(right)) = (left, right) else { return Ok(Exit::Failure) };
        let comparison = match (left.span, right.span) {
            (None, None) => compare(&left.trace, &right.trace),
            (one, other) => {
                let root = |trace: &Trace| trace.roots().first().copied().unwrap_or_default();
                let (one, other) =
                    (one.unwrap_or_else(|| root(&left.trace)), other.unwrap_or_else(|| root(&right.trace)));
                compare_spans(&left.trace, one, &right.trace, other)
            }
        };
        let data = comparison_data(&comparison, &left.name, &right.name);
        options.output.print(&data, || text::compare(&comparison, &left.name, &right.name, options.all, &paper))?;
        Ok(Exit::Success)
    });
    Ok(compared.await?.unwrap_or(Exit::Interrupted))
}

/// One side; says so if it is not there.
async fn find(subject: &Subject, options: &CompareOptions, source: &Source<'_>) -> Result<Option<Side>> {
    let wanted = match subject {
        Subject::Trace(id) => Wanted::These(vec![*id]),
        Subject::Task { array, .. } => array::wanted(array, &options.period, &options.source),
    };
    let links = u32::from(matches!(subject, Subject::Task { .. }));
    let found = source.look(&wanted, links).await?;
    super::tell(&found.problems);
    let (name, place) = match subject {
        Subject::Trace(id) => {
            let at = found.traces.iter().position(|trace| trace.is_called(*id));
            (format!("trace {}", xray_form(*id)), at.map(|at| (at, None)))
        }
        Subject::Task { array, index, attempt } => {
            let view = array::newest(arrays(&found.traces), array, &found.traces);
            let task = view.as_ref().and_then(|view| view.tasks.iter().find(|task| task.index == *index));
            let place = task.and_then(|task| match attempt {
                None => Some((task.trace, Some(task.span))),
                Some(number) => {
                    let attempt = task.attempts.iter().find(|one| one.number == *number)?;
                    Some((attempt.trace, Some(attempt.span)))
                }
            });
            let number = attempt.map_or_else(String::new, |number| format!("#{number}"));
            (format!("task {array}[{index}]{number}"), place)
        }
    };
    let side = place.and_then(|(at, span)| Some((found.traces.into_iter().nth(at)?, span)));
    if side.is_none() {
        show::message(&format!("no {name}: {}", source.advice()));
    }
    Ok(side.map(|(trace, span)| Side { trace, span, name }))
}

fn parse(text: &str) -> Result<Subject, String> {
    let not_a_trace = match trace_id(text) {
        Ok(id) => return Ok(Subject::Trace(id)),
        Err(error) => error,
    };
    task(text).ok_or_else(|| format!("{not_a_trace}; and a task is written 'NAME[INDEX]'"))
}

/// `NAME[INDEX]` or `NAME[INDEX]#ATTEMPT`.
fn task(text: &str) -> Option<Subject> {
    let (array, rest) = text.rsplit_once('[')?;
    let (index, attempt) = rest.split_once(']')?;
    let attempt = match attempt.strip_prefix('#') {
        Some(number) => Some(number.parse().ok()?),
        None if attempt.is_empty() => None,
        None => return None,
    };
    let index = index.parse().ok()?;
    (!array.is_empty()).then(|| Subject::Task { array: array.to_owned(), index, attempt })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_a_trace_in_either_form_or_a_task() {
        let id = TraceId::from_hex("6b021b310123456789abcdef01234567").unwrap();
        for text in ["1-6b021b31-0123456789abcdef01234567", "6b021b310123456789abcdef01234567"] {
            assert_eq!(parse(text), Ok(Subject::Trace(id)), "{text}");
        }
        let task = |attempt| Ok(Subject::Task { array: "align".to_owned(), index: 3, attempt });
        assert_eq!(parse("align[3]"), task(None));
        assert_eq!(parse("align[3]#2"), task(Some(2)));
        for wrong in ["align", "align[", "align[x]", "[3]", "align[3]x", "align[3]#", "align[-1]", ""] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
