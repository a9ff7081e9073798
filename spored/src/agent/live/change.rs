//! What is different between two states of the settings, for whoever asked for the change and for the trace.

use super::in_force::InForce;
use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use serde::Serialize;
use spawn_telemetry::Telemetry;

/// What has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    /// The settings whose values are others than before, in the order of the table.
    #[serde(rename = "changed")]
    pub(crate) settings: Vec<ChangedSetting>,
    /// Settings that are refused now, and why.
    pub(crate) refused: Vec<String>,
    /// Whether spans are made now that were not made before.
    #[serde(skip)]
    pub(crate) tracing_began: bool,
}

/// One setting that has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ChangedSetting {
    pub(crate) key: &'static str,
    pub(crate) from: String,
    pub(crate) to: String,
    /// Where the new value came from.
    pub(crate) source: String,
}

/// What made the agent look at its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    Tags,
    Reload,
    Override,
    Clock,
}

impl Trigger {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Tags => "tags",
            Self::Reload => "reload",
            Self::Override => "override",
            Self::Clock => "clock",
        }
    }
}

impl Change {
    pub(super) fn between(before: &InForce, after: &InForce) -> Self {
        let pairs = before.resolved.list().into_iter().zip(after.resolved.list());
        let changed = pairs.filter(|((_, from, _), (_, to, _))| from != to);
        Self {
            settings: changed
                .map(|((key, from, _), (_, to, source))| ChangedSetting { key, from, to, source: source.to_string() })
                .collect(),
            refused: after.refused.clone(),
            tracing_began: after.tracing && !before.tracing,
        }
    }

    /// The changed keys, separated by commas.
    pub(super) fn keys(&self) -> String {
        self.settings.iter().map(|setting| setting.key).collect::<Vec<_>>().join(",")
    }

    /// Puts the change into the trace. It is also the first sign that tracing, once switched on, works.
    pub(super) fn span(&self, telemetry: &Telemetry, trigger: Trigger) {
        let attributes = vec![
            KeyValue::new("spawn.settings.changed", self.keys()),
            KeyValue::new("spawn.settings.trigger", trigger.as_str()),
        ];
        let parent = Context::current();
        let span = telemetry.start_span("settings changed", SpanKind::Internal, &parent, attributes, None);
        span.span().end();
    }
}
