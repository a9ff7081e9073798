//! What follows from the settings: whether spans are made, where they go, and the clients that the agent calls with.

use super::sources::Sources;
use crate::agent::PROGRAM;
use crate::settings::Found;
use crate::systemd::Systemd;
use spawn_cloud::describe::AwsCalls;
use spawn_cloud::{Clients, Config, Imds, Registry};
use spawn_config::{ExporterKind, Identity, Resolved, Settings};
use spawn_host::World;
use spawn_host::dead_letters::of_agent;
use spawn_telemetry::{DeadLetters, Plan, SpanIdentity, Telemetry};
use std::sync::Arc;

/// What never changes while the agent lives.
#[derive(Debug)]
pub(crate) struct Fixed {
    pub(crate) world: World,
    /// Whether `--debug` was given.
    pub(crate) debug: bool,
    /// Who the host is, but for the job array, which is a setting.
    pub(crate) identity: Identity,
    pub(crate) config: Config,
    /// Asked by every duty over one connection; off EC2 it is asked nothing.
    pub(crate) imds: Imds,
    pub(crate) telemetry: Telemetry,
    pub(crate) systemd: Systemd,
}

/// The settings in force and what follows from them; replaced whole.
#[derive(Clone, Debug)]
pub(crate) struct InForce {
    pub(crate) resolved: Resolved,
    /// Settings that were refused, and why.
    pub(crate) refused: Vec<String>,
    pub(crate) identity: Identity,
    pub(crate) clients: Clients,
    pub(crate) registry: Registry,
    /// Whether spans are made now.
    pub(crate) tracing: bool,
    /// What back ends have refused for good.
    pub(crate) letters: DeadLetters,
}

/// Whether what has not changed is set up anew too, such as files that the settings name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Renew {
    Changed,
    Everything,
}

impl InForce {
    pub(crate) const fn settings(&self) -> &Settings {
        &self.resolved.settings
    }

    /// Whether spans leave the process now.
    pub(crate) fn exports(&self) -> bool {
        self.tracing && self.settings().tracing.exporter != ExporterKind::None
    }
}

impl Fixed {
    /// Resolves the sources, and brings telemetry and clients to what they say.
    pub(super) fn put_in_force(&self, sources: &mut Sources, before: Option<&InForce>, renew: Renew) -> InForce {
        let Found { resolved, refused } = sources.resolve(self.debug);
        for refused in refused.iter().filter(|refused| !before.is_some_and(|before| before.refused.contains(refused))) {
            tracing::warn!(error = refused, "a setting was refused");
        }
        let identity = Identity { job_array: resolved.settings.host.job_array.place(), ..self.identity.clone() };
        let now = jiff::Timestamp::now();
        let tracing = resolved.settings.tracing_on(now);
        let as_before = before.filter(|before| {
            (before.tracing, &before.identity, &before.settings().tracing)
                == (tracing, &identity, &resolved.settings.tracing)
        });
        // What reads no file of its own stays as it is: its connections hold, and its memory is not churned.
        let reads_files = !matches!(resolved.settings.tracing.exporter, ExporterKind::XRay | ExporterKind::None);
        let letters = of_agent(&self.world, &resolved.settings.tracing);
        if as_before.is_none() || (renew == Renew::Everything && reads_files) {
            let aws = Some(self.config.clone());
            let plan = Plan::new(&resolved.settings.tracing, &identity, PROGRAM, aws, now);
            let plan = plan.setting_aside(Some(letters.clone())).kept_in(Some(self.world.spool()));
            self.telemetry.configure(plan);
        }
        let (clients, registry) = match before {
            Some(before) if (before.tracing, &before.identity) == (tracing, &identity) => {
                (before.clients.clone(), before.registry.clone())
            }
            _ => self.clients(&identity),
        };
        InForce { resolved, refused, identity, clients, registry, tracing, letters }
    }

    /// Clients with the interceptor in them, or without one where tracing is off.
    fn clients(&self, identity: &Identity) -> (Clients, Registry) {
        let interceptor = self.telemetry.interceptor(Arc::new(AwsCalls), SpanIdentity::of(identity));
        let clients = Clients::new(&self.config, interceptor);
        let table = self.world.variable("SPAWN_TABLE").map(str::to_owned);
        let registry = Registry::new(clients.dynamodb().clone(), table);
        (clients, registry)
    }
}
