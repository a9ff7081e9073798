//! Which metrics there are, and what they say of a report.

use super::{Family, Kind, Sample};
use crate::agent::Report;
use spawn_telemetry::{DropReason, HealthState};

/// Everything that Prometheus is told.
pub(crate) fn families(report: &Report) -> Vec<Family> {
    let Report { version, started_at, tracing, registry, .. } = report;
    let (counters, health, storage) = (&tracing.counters, &tracing.health, &tracing.storage);
    let started = started_at.parse().map_or(0, |at: jiff::Timestamp| at.as_second());
    let dropped = DropReason::ALL.into_iter();
    let dropped = dropped.map(|reason| labelled("reason", reason.as_str(), counters.dropped_for(reason) as f64));
    let counter = |name, help, value: u64| Family { name, kind: Kind::Counter, help, samples: one(value as f64) };
    let gauge = |name, help, value: f64| Family { name, kind: Kind::Gauge, help, samples: one(value) };
    vec![
        Family {
            name: "spored_build_info",
            kind: Kind::Gauge,
            help: "Always 1; the label says which version of the agent runs.",
            samples: vec![labelled("version", version, 1.0)],
        },
        gauge("spored_start_time_seconds", "When the agent started, in seconds since 1970.", started as f64),
        gauge(
            "spored_registered",
            "Whether the registry of agents knows this one: 1 or 0.",
            truth(registry.registered),
        ),
        gauge("spored_tracing_enabled", "Whether spans are made: 1 or 0.", truth(tracing.enabled)),
        gauge(
            "spored_delivery_degraded",
            "Whether the last attempt to deliver spans has failed: 1 or 0.",
            truth(health.state == HealthState::Degraded),
        ),
        counter("spored_spans_created_total", "Spans that ended and were handed over for delivery.", counters.created),
        counter(
            "spored_spans_recovered_total",
            "Spans that were taken over from processes that are gone.",
            counters.recovered,
        ),
        counter("spored_spans_exported_total", "Spans that the back end has taken.", counters.exported),
        Family {
            name: "spored_spans_dropped_total",
            kind: Kind::Counter,
            help: "Spans that were dropped, by reason.",
            samples: dropped.collect(),
        },
        gauge(
            "spored_spans_queued",
            "Spans that wait for delivery, those on their way included.",
            counters.queued as f64,
        ),
        gauge("spored_spans_on_disk", "Of those that wait, spans that are on disk.", storage.on_disk as f64),
        gauge(
            "spored_spool_bytes",
            "Bytes of the spool on disk, room set aside and other processes included.",
            storage.bytes as f64,
        ),
        gauge(
            "spored_spool_capacity_bytes",
            "Most bytes of the spool on disk; 0 where spans wait in memory alone.",
            storage.capacity as f64,
        ),
        gauge(
            "spored_storage_degraded",
            "Whether the disk refuses spans, so that they wait in memory: 1 or 0.",
            truth(health.storage.is_some()),
        ),
        counter(
            "spored_spans_cut_total",
            "Exported spans from whose X-Ray documents something was cut to fit.",
            counters.cut,
        ),
        counter(
            "spored_spans_split_total",
            "Exported spans that went to a further part of an X-Ray trace that was full.",
            counters.split,
        ),
        counter(
            "spored_dead_letters_total",
            "Spans that the back end has refused for good and that were set aside as dead letters.",
            counters.set_aside,
        ),
        counter(
            "spored_dead_letters_evicted_total",
            "Dead letters that had to make room for others, and are gone.",
            counters.letters_evicted,
        ),
    ]
}

fn one(value: f64) -> Vec<Sample> {
    vec![Sample { label: None, value }]
}

fn labelled(label: &'static str, of: &str, value: f64) -> Sample {
    Sample { label: Some((label, of.to_owned())), value }
}

fn truth(is_so: bool) -> f64 {
    f64::from(u8::from(is_so))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::Shared;
    use spawn_telemetry::{Program, Telemetry};

    /// The report of an agent that has just started.
    fn report() -> Report {
        Shared::new("1.2.3", Telemetry::start(Program { name: "spored", version: "1.2.3" })).report()
    }

    #[test]
    fn the_reference_lists_every_metric() {
        let reference = include_str!("../../../docs/reference/metrics.md");
        let published = reference.split_once("<!-- metrics:begin -->\n").unwrap().1;
        let published = published.split_once("<!-- metrics:end -->").unwrap().0;
        let rows = families(&report()).into_iter().map(|family| {
            let label = family.samples[0].label.as_ref().map_or(String::new(), |(label, _)| format!("`{label}`"));
            format!("| `{}` | {} | {label} | {} |\n", family.name, family.kind.as_str(), family.help)
        });
        let expected =
            format!("| metric | type | label | what it says |\n|---|---|---|---|\n{}", rows.collect::<String>());
        assert_eq!(published, expected, "put this into docs/reference/metrics.md:\n{expected}");
    }

    #[test]
    fn names_are_those_of_the_conventions() {
        for Family { name, kind, help, samples } in families(&report()) {
            assert_eq!(name.ends_with("_total"), kind == Kind::Counter, "{name}");
            assert!(name.starts_with("spored_") && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase()));
            assert!(help.ends_with('.') && !help.contains(['\\', '\n']) && !samples.is_empty(), "{name}");
        }
    }

    #[test]
    fn every_reason_for_a_drop_has_its_sample_before_it_applies() {
        let dropped =
            families(&report()).into_iter().find(|family| family.name == "spored_spans_dropped_total").unwrap();
        let reasons: Vec<String> = dropped.samples.into_iter().map(|sample| sample.label.unwrap().1).collect();
        assert_eq!(reasons, DropReason::ALL.map(|reason| reason.as_str().to_owned()));
    }
}
