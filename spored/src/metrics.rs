//! The agent's account as Prometheus reads it: text, format version 0.0.4. `docs/reference/metrics.md` has the table.

mod families;
mod listener;

pub(crate) use listener::{MetricsReport, metrics, serve};

use crate::agent::Report;
use families::families;
use std::fmt::Write;

/// What the answer says that it is.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// One metric with all its samples.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// What it counts, in a sentence.
    pub(crate) help: &'static str,
    pub(crate) samples: Vec<Sample>,
}

/// How values of a metric behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It only grows, until the agent starts anew.
    Counter,
    /// It goes up and down.
    Gauge,
}

/// One value, with the label that tells it from its siblings.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) label: Option<(&'static str, String)>,
    pub(crate) value: f64,
}

impl Kind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
        }
    }
}

/// The report as text.
pub(crate) fn text(report: &Report) -> String {
    let mut text = String::with_capacity(4096);
    for family in families(report) {
        write(&mut text, &family);
    }
    text
}

fn write(text: &mut String, family: &Family) {
    let Family { name, kind, help, samples } = family;
    let mut line = |arguments: std::fmt::Arguments<'_>| text.write_fmt(arguments).expect("text takes every line");
    line(format_args!("# HELP {name} {help}\n# TYPE {name} {}\n", kind.as_str()));
    for Sample { label, value } in samples {
        match label {
            Some((label, of)) => line(format_args!("{name}{{{label}=\"{}\"}} {value}\n", escaped(of))),
            None => line(format_args!("{name} {value}\n")),
        }
    }
}

/// A label's value as the format wants it.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_written_as_the_format_wants_it() {
        let samples = vec![
            Sample { label: None, value: 3.0 },
            Sample { label: Some(("reason", "a \"b\"\\\n".to_owned())), value: 0.5 },
        ];
        let mut text = String::new();
        write(&mut text, &Family { name: "spored_x_total", kind: Kind::Counter, help: "Things.", samples });
        let expected = "# HELP spored_x_total Things.\n# TYPE spored_x_total counter\nspored_x_total 3\n\
                        spored_x_total{reason=\"a \\\"b\\\"\\\\\\n\"} 0.5\n";
        assert_eq!(text, expected);
    }
}
