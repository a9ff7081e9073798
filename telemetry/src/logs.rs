//! Log lines on stderr, for people or for machines, each with the trace and the span that it was written in.
//!
//! The ids come from the OpenTelemetry context (docs/decisions/0006), the one that also travels in headers and tags.

mod human;
mod json;
mod line;

use std::io;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry, fmt};

/// Crates of this project: with `debug`, their lines show from level debug on.
const OURS: [&str; 6] = ["spored", "spawn", "spawn_cloud", "spawn_config", "spawn_host", "spawn_telemetry"];
/// Crates whose lower levels tell about themselves rather than about our work.
const NOISY: [&str; 9] = ["aws", "h2", "hyper", "hyper_util", "opentelemetry", "rustls", "tonic", "tower", "want"];

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One line for people: time, level, message, fields.
    Human,
    /// One JSON object a line.
    Json,
}

/// The log of a program.
#[derive(Clone, Copy, Debug)]
pub struct Logs {
    /// How lines look.
    pub format: LogFormat,
    /// Shows the programs' own lines from level debug on; without it, info.
    pub debug: bool,
}

impl Logs {
    /// Sends the process's log to stderr. A log that is set up already stays as it is.
    pub fn init(self) {
        // Whoever was first keeps the log; to have none of our own is no reason to fail.
        if tracing::subscriber::set_global_default(self.subscriber(io::stderr)).is_err() {
            tracing::debug!("the log was set up before");
        }
    }

    /// The same log to any writer, for tests: `tracing::subscriber::with_default(logs.subscriber(writer), …)`.
    ///
    /// Each line is one write.
    pub fn subscriber<W>(self, writer: W) -> impl Subscriber + Send + Sync + 'static
    where
        W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
    {
        let Self { format, debug } = self;
        // An error of the writer would be printed to stderr, and panic if it is stderr that is gone.
        let lines = fmt::layer().with_writer(writer).log_internal_errors(false);
        let lines: Box<dyn Layer<Registry> + Send + Sync> = match format {
            LogFormat::Human => Box::new(lines.event_format(human::Human)),
            LogFormat::Json => Box::new(lines.event_format(json::Json)),
        };
        tracing_subscriber::registry().with(lines.with_filter(filter(debug)))
    }
}

fn filter(debug: bool) -> Targets {
    let ours = if debug { LevelFilter::DEBUG } else { LevelFilter::INFO };
    Targets::new()
        .with_default(LevelFilter::INFO)
        .with_targets(NOISY.map(|target| (target, LevelFilter::WARN)))
        .with_targets(OURS.map(|target| (target, ours)))
        // What it warns of (no credentials, no region) is the error of the call that follows, said there with a remedy.
        .with_target("aws_config", if debug { LevelFilter::WARN } else { LevelFilter::ERROR })
}

/// Trace and span of the current context, in hexadecimal digits; `None` outside any span.
fn current_ids() -> Option<(String, String)> {
    Context::map_current(|cx| {
        let span = cx.span();
        let span = span.span_context();
        span.is_valid().then(|| (span.trace_id().to_string(), span.span_id().to_string()))
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::propagation::remote_context;

    /// Each write is one entry.
    #[derive(Clone, Default)]
    struct Writes(Arc<Mutex<Vec<String>>>);

    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().push(String::from_utf8(bytes.to_vec()).unwrap());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(format: LogFormat, debug: bool, work: impl FnOnce()) -> Vec<String> {
        let writes = Writes::default();
        let writer = writes.clone();
        let logs = Logs { format, debug }.subscriber(move || writer.clone());
        tracing::subscriber::with_default(logs, work);
        writes.0.lock().unwrap().clone()
    }

    fn in_span(work: impl FnOnce()) {
        let context = remote_context("00-58406520a006649127e371903a2de979-53995c3f42cd8ad8-01", None).unwrap();
        let _guard = context.attach();
        work();
    }

    /// The line without its time, which is checked for its shape.
    fn without_time(line: &str) -> String {
        let (time, rest) = line.split_once(' ').unwrap();
        assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
        rest.to_owned()
    }

    fn object(line: &str) -> serde_json::Value {
        let mut line: serde_json::Value = serde_json::from_str(line.strip_suffix('\n').unwrap()).unwrap();
        let time = line.as_object_mut().unwrap().remove("timestamp").unwrap();
        assert!(time.as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{time}");
        line
    }

    #[test]
    fn a_line_for_people_ends_with_its_trace() {
        let lines = written(LogFormat::Human, false, || {
            in_span(|| tracing::info!(target: "spored::agent", table = "jobs", count = 3, "registered"));
            tracing::warn!(target: "spored::agent", "outside");
        });
        assert_eq!(
            lines.iter().map(|line| without_time(line)).collect::<Vec<_>>(),
            [
                " INFO registered table=jobs count=3 trace_id=58406520a006649127e371903a2de979 span_id=53995c3f42cd8ad8\n",
                " WARN outside\n",
            ]
        );
    }

    #[test]
    fn a_line_for_machines_is_one_object_in_one_write() {
        let lines = written(LogFormat::Json, false, || {
            in_span(|| tracing::info!(target: "spored::agent", table = "jobs", count = 3, ok = true, "registered"));
            tracing::warn!(target: "spored::agent", error = %"no \"answer\"", "outside");
        });
        assert_eq!(
            lines.iter().map(|line| object(line)).collect::<Vec<_>>(),
            [
                serde_json::json!({
                    "level": "INFO", "target": "spored::agent", "message": "registered",
                    "fields": { "table": "jobs", "count": 3, "ok": true },
                    "trace_id": "58406520a006649127e371903a2de979", "span_id": "53995c3f42cd8ad8",
                }),
                serde_json::json!({
                    "level": "WARN", "target": "spored::agent", "message": "outside",
                    "fields": { "error": "no \"answer\"" },
                }),
            ]
        );
    }

    #[test]
    fn text_from_outside_cannot_forge_a_line() {
        let hostile = "tag\n2026 INFO forged \u{1b}[31mred\u{9b}\u{202e}";
        let human = written(LogFormat::Human, false, || tracing::info!(target: "spored", tag = hostile, "{hostile}"));
        assert_eq!(human.len(), 1);
        let escaped = r"tag\n2026 INFO forged \u{1b}[31mred\u{9b}\u{202e}";
        assert_eq!(without_time(&human[0]), format!(" INFO {escaped} tag=\"{escaped}\"\n"));
        let json = written(LogFormat::Json, false, || tracing::info!(target: "spored", "{hostile}"));
        assert_eq!(json[0].matches(['\n', '\u{1b}', '\u{9b}', '\u{202e}']).count(), 1);
        assert_eq!(object(&json[0])["message"], escaped);
    }

    #[test]
    fn a_line_tells_no_secret() {
        let secret = "https://kim:pass@host";
        let lines = written(LogFormat::Human, false, || {
            tracing::info!(target: "spored", url = secret, shown = %secret, "read {secret}");
        });
        let clean = "https://[redacted]@host";
        assert_eq!(without_time(&lines[0]), format!(" INFO read {clean} url={clean} shown={clean}\n"));
    }

    #[test]
    fn debug_shows_our_own_lines_and_not_the_libraries() {
        let lines = |debug| {
            let lines = written(LogFormat::Human, debug, || {
                tracing::debug!(target: "spored::agent", "ours");
                tracing::debug!(target: "reqwest", "theirs");
                tracing::info!(target: "opentelemetry_sdk", "noise");
                tracing::info!(target: "aws_config::imds", "noise");
                tracing::warn!(target: "aws_config::meta", "said by the call");
                tracing::info!(target: "reqwest", "worth knowing");
            });
            lines.iter().map(|line| without_time(line)).collect::<Vec<_>>()
        };
        assert_eq!(lines(false), [" INFO worth knowing\n"]);
        assert_eq!(lines(true), ["DEBUG ours\n", " WARN said by the call\n", " INFO worth knowing\n"]);
    }
}
