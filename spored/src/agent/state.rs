//! What the agent knows of itself, shared between its duties and the control socket.

use super::boot::Booted;
use super::life::{Completion, LifeReport, LifeState};
use super::work::{WorkReport, WorkState};
use crate::metrics::MetricsReport;
use serde::Serialize;
use spawn_config::Identity;
use spawn_telemetry::{Counters, Health, SamplerStatus, StorageStatus, Telemetry};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The agent's state; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    inner: Arc<Mutex<Inner>>,
    life: Arc<LifeState>,
    work: Arc<WorkState>,
    telemetry: Telemetry,
    version: &'static str,
    started_at: jiff::Timestamp,
}

#[derive(Debug, Default)]
struct Inner {
    booted: Option<Arc<Booted>>,
    registry: RegistryReport,
    metrics: MetricsReport,
    ending: bool,
}

/// The answer to `spored status`.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) version: String,
    pub(crate) pid: u32,
    pub(crate) started_at: String,
    /// `starting` (identity not known yet), `running` or `ending`.
    pub(crate) state: String,
    pub(crate) instance: Option<InstanceReport>,
    #[serde(flatten)]
    pub(crate) life: LifeReport,
    /// The job array that the host works for.
    pub(crate) work: WorkReport,
    pub(crate) registry: RegistryReport,
    pub(crate) tracing: TracingReport,
    /// Where Prometheus may ask.
    pub(crate) metrics: MetricsReport,
    /// Settings that were refused, and why.
    pub(crate) refused_settings: Vec<String>,
    /// Values given with `spored config set`, secrets left out.
    pub(crate) overrides: BTreeMap<String, String>,
    /// The last reload that took effect, RFC 3339.
    pub(crate) last_reload: Option<String>,
    /// Why the last reload did not.
    pub(crate) reload_problem: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct InstanceReport {
    pub(crate) instance_id: String,
    pub(crate) provider: String,
    pub(crate) region: Option<String>,
}

/// How the registry takes our word.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct RegistryReport {
    pub(crate) registered: bool,
    /// Last heartbeat that was taken, RFC 3339.
    pub(crate) last_heartbeat: Option<String>,
    pub(crate) problem: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct TracingReport {
    pub(crate) enabled: bool,
    pub(crate) exporter: String,
    pub(crate) sampling: String,
    pub(crate) sampler: SamplerStatus,
    pub(crate) counters: Counters,
    pub(crate) health: Health,
    /// Where spans wait.
    pub(crate) storage: StorageStatus,
}

impl Shared {
    pub(crate) fn new(version: &'static str, telemetry: Telemetry) -> Self {
        Self {
            inner: Arc::default(),
            life: Arc::default(),
            work: Arc::default(),
            telemetry,
            version,
            started_at: jiff::Timestamp::now(),
        }
    }

    /// The boot is over: from now on the agent knows who it is.
    pub(super) fn running(&self, booted: Arc<Booted>) {
        self.lock().booted = Some(booted);
    }

    pub(super) fn ending(&self) {
        self.lock().ending = true;
    }

    /// Whether the end of the agent's time has begun.
    pub(super) fn is_ending(&self) -> bool {
        self.lock().ending
    }

    /// The end has been carried out, and the host may wake up from it.
    pub(super) fn asleep(&self) {
        self.lock().ending = false;
    }

    /// Declares that the work is done; false if that was declared before, which then stands.
    pub(crate) fn complete(&self, completion: Completion) -> bool {
        self.life.complete(completion)
    }

    /// What the life cycle tells and is told.
    pub(crate) fn life(&self) -> &LifeState {
        &self.life
    }

    /// What the work for a job array tells and is told.
    pub(crate) fn work(&self) -> &WorkState {
        &self.work
    }

    pub(super) fn registry(&self, report: RegistryReport) {
        self.lock().registry = report;
    }

    pub(crate) fn metrics(&self, report: MetricsReport) {
        self.lock().metrics = report;
    }

    /// What makes spans and delivers them.
    pub(crate) const fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    /// Everything that the boot found out, once it has.
    pub(crate) fn booted(&self) -> Option<Arc<Booted>> {
        self.lock().booted.clone()
    }

    /// The state as it is now.
    pub(crate) fn report(&self) -> Report {
        let inner = self.lock();
        let in_force = inner.booted.as_ref().map(|booted| booted.live.now());
        let tracing = in_force.as_ref().map(|in_force| &in_force.settings().tracing);
        let reloads = inner.booted.as_ref().map(|booted| booted.live.reloads()).unwrap_or_default();
        let state = match (inner.ending, &inner.booted) {
            (true, _) => "ending",
            (false, Some(_)) => "running",
            (false, None) => "starting",
        };
        Report {
            version: self.version.to_owned(),
            pid: std::process::id(),
            started_at: format!("{:.0}", self.started_at),
            state: state.to_owned(),
            instance: in_force.as_ref().map(|in_force| InstanceReport::of(&in_force.identity)),
            life: self.life.report(),
            work: self.work.report(),
            registry: inner.registry.clone(),
            tracing: TracingReport {
                enabled: in_force.as_ref().is_some_and(|in_force| in_force.tracing),
                exporter: tracing.map(|tracing| tracing.exporter.to_string()).unwrap_or_default(),
                sampling: tracing.map(|tracing| tracing.sampling.to_string()).unwrap_or_default(),
                sampler: self.telemetry.sampler(),
                counters: self.telemetry.counters(),
                health: self.telemetry.health(),
                storage: self.telemetry.storage(),
            },
            metrics: inner.metrics.clone(),
            refused_settings: in_force.map(|in_force| in_force.refused.clone()).unwrap_or_default(),
            overrides: inner.booted.as_ref().map(|booted| booted.live.overrides()).unwrap_or_default(),
            last_reload: reloads.last.map(|at| format!("{at:.0}")),
            reload_problem: reloads.problem,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic elsewhere must not take the status away; every write leaves the state whole.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InstanceReport {
    fn of(identity: &Identity) -> Self {
        Self {
            instance_id: identity.instance_id.clone(),
            provider: identity.provider.as_str().to_owned(),
            region: identity.region.clone(),
        }
    }
}
