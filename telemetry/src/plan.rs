//! The plan of the telemetry: off, or a sampler, an identity and a place to send spans to.

use std::path::PathBuf;

use aws_types::SdkConfig;
use jiff::Timestamp;
use spawn_config::{Identity, TracingSettings};

use crate::dead_letters::DeadLetters;
use crate::export::ExportPlan;
use crate::identity::SpanIdentity;
use crate::resource::Program;
use crate::sampler::SamplingPlan;
use crate::storage::Storage;

/// What the telemetry does once the settings are known.
#[derive(Clone, Debug)]
pub enum Plan {
    /// No span is made.
    Off,
    /// Spans are made and exported.
    On(Box<TracePlan>),
}

/// How spans are made and exported.
#[derive(Clone, Debug)]
pub struct TracePlan {
    /// Which traces are recorded.
    pub sampling: SamplingPlan,
    /// Whose spans they are.
    pub identity: SpanIdentity,
    /// Where they go.
    pub export: ExportPlan,
    /// Where they are kept on their way.
    pub storage: Storage,
}

impl Plan {
    /// Derives the plan from the settings as they are at `now`. `aws` holds region and credentials, which X-Ray needs:
    /// the exporter, and the sampler that goes by the account's rules.
    #[must_use]
    pub fn new(
        settings: &TracingSettings,
        identity: &Identity,
        program: Program,
        aws: Option<SdkConfig>,
        now: Timestamp,
    ) -> Self {
        if !settings.enabled || settings.until.is_some_and(|until| until <= now) {
            return Self::Off;
        }
        Self::On(Box::new(TracePlan {
            sampling: SamplingPlan::new(settings, identity, program, aws.clone()),
            identity: SpanIdentity::of(identity),
            export: ExportPlan::new(settings, identity, program, std::process::id(), aws),
            storage: Storage::new(&settings.spool, None),
        }))
    }

    /// Sets aside what the back end refuses for good; off, there is nothing to set aside.
    #[must_use]
    pub fn setting_aside(self, letters: Option<DeadLetters>) -> Self {
        match (self, letters) {
            (Self::On(plan), Some(letters)) => {
                Self::On(Box::new(TracePlan { export: plan.export.setting_aside(letters), ..*plan }))
            }
            (plan, _) => plan,
        }
    }

    /// With a folder of the program's own for spans on their way, where the settings name none.
    #[must_use]
    pub fn kept_in(mut self, folder: Option<PathBuf>) -> Self {
        if let Self::On(plan) = &mut self
            && plan.storage.folder.is_none()
        {
            plan.storage.folder = folder;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use spawn_config::Provider;

    use super::*;

    fn plan(settings: &TracingSettings, now: &str) -> Plan {
        let program = Program { name: "spored", version: "1.2.3" };
        Plan::new(settings, &Identity::new(Provider::Local, "local-desk"), program, None, now.parse().unwrap())
    }

    #[test]
    fn tracing_is_off_unless_it_is_enabled_and_its_end_is_ahead() {
        let now = "2026-11-21T12:00:00Z";
        assert!(matches!(plan(&TracingSettings::default(), now), Plan::Off));
        let enabled = TracingSettings { enabled: true, ..TracingSettings::default() };
        assert!(matches!(plan(&enabled, now), Plan::On(_)));
        let over = TracingSettings { until: Some(now.parse().unwrap()), ..enabled.clone() };
        assert!(matches!(plan(&over, now), Plan::Off));
        let ahead = TracingSettings { until: Some("2026-11-21T12:00:01Z".parse().unwrap()), ..enabled };
        assert!(matches!(plan(&ahead, now), Plan::On(_)));
    }
}
