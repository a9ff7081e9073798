//! The settings in force, and how a change of them takes effect without a restart.
//!
//! ```text
//! local.yaml, environment, --debug ─┐
//! overrides (`spored config set`)  ─┼─► resolve ─► InForce ─► telemetry, clients, whoever watches `changes`
//! tags (instance metadata)         ─┘
//! ```
//!
//! A source that is wrong changes nothing: the last good settings stay in force, and the trouble is told.

use super::PROGRAM;
use crate::settings::{self, Found};
use anyhow::Result;
use spawn_cloud::describe::AwsCalls;
use spawn_cloud::{Clients, Config, Registry};
use spawn_config::{Identity, Layers, Resolved, Settings};
use spawn_host::World;
use spawn_telemetry::{Plan, SpanIdentity, Telemetry};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// What never changes while the agent lives.
#[derive(Debug)]
pub(crate) struct Fixed {
    pub(crate) world: World,
    /// Whether `--debug` was given.
    pub(crate) debug: bool,
    /// Who the host is, but for the job array, which is a setting.
    pub(crate) identity: Identity,
    pub(crate) config: Config,
    pub(crate) telemetry: Telemetry,
}

/// The settings in force and what follows from them; replaced whole.
#[derive(Clone, Debug)]
pub(crate) struct InForce {
    pub(crate) resolved: Resolved,
    /// Tags that were left out, and why.
    pub(crate) refused: Vec<String>,
    pub(crate) identity: Identity,
    pub(crate) clients: Clients,
    pub(crate) registry: Registry,
    /// Whether spans are made now.
    pub(crate) tracing: bool,
}

impl InForce {
    pub(crate) const fn settings(&self) -> &Settings {
        &self.resolved.settings
    }
}

/// The one holder of the settings.
#[derive(Debug)]
pub(crate) struct Live {
    fixed: Fixed,
    sources: Mutex<Sources>,
    in_force: watch::Sender<Arc<InForce>>,
}

/// What the settings are made from.
#[derive(Clone, Debug)]
struct Sources {
    base: Layers,
    tags: BTreeMap<String, String>,
}

/// Whether what has not changed is set up anew too, such as files that the settings name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Renew {
    Changed,
    Everything,
}

impl Live {
    /// Puts the first settings in force. `base` is everything but the tags.
    pub(crate) fn new(fixed: Fixed, base: Layers, tags: BTreeMap<String, String>) -> Self {
        let sources = Sources { base, tags };
        let first = fixed.put_in_force(&sources, None, Renew::Everything);
        Self { fixed, sources: Mutex::new(sources), in_force: watch::Sender::new(Arc::new(first)) }
    }

    /// The settings in force now.
    pub(crate) fn now(&self) -> Arc<InForce> {
        self.in_force.borrow().clone()
    }

    /// Tells of every change.
    pub(crate) fn changes(&self) -> watch::Receiver<Arc<InForce>> {
        self.in_force.subscribe()
    }

    pub(crate) const fn fixed(&self) -> &Fixed {
        &self.fixed
    }

    /// Lays these tags over the rest, if they are other than before.
    pub(crate) fn follow_tags(&self, tags: BTreeMap<String, String>) {
        let mut sources = self.sources();
        if sources.tags != tags {
            sources.tags = tags;
            self.apply(&sources, Renew::Changed);
        }
    }

    /// Takes notice of the time: tracing may be over.
    pub(crate) fn look_at_the_clock(&self) {
        self.apply(&self.sources(), Renew::Changed);
    }

    /// Reads everything that this host says again.
    ///
    /// # Errors
    /// If a source is wrong; then the settings in force stay as they are.
    pub(crate) fn reload(&self) -> Result<Arc<InForce>> {
        let base = settings::with_debug(self.fixed.world.settings()?, self.fixed.debug)?;
        let mut sources = self.sources();
        sources.base = base;
        self.apply(&sources, Renew::Everything);
        Ok(self.now())
    }

    fn apply(&self, sources: &Sources, renew: Renew) {
        let before = self.now();
        let after = self.fixed.put_in_force(sources, Some(&before), renew);
        let same = after.resolved == before.resolved
            && after.refused == before.refused
            && after.tracing == before.tracing;
        if !same {
            tracing::info!(tracing = after.tracing, "the settings have changed");
        }
        self.in_force.send_if_modified(|now| {
            *now = Arc::new(after);
            !same
        });
    }

    fn sources(&self) -> MutexGuard<'_, Sources> {
        // Every write leaves the sources whole.
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fixed {
    /// Resolves the sources, and brings telemetry and clients to what they say.
    fn put_in_force(&self, sources: &Sources, before: Option<&InForce>, renew: Renew) -> InForce {
        let Found { resolved, refused } = settings::with_tags(sources.base.clone(), sources.tags.clone());
        let refused: Vec<String> = refused.iter().map(ToString::to_string).collect();
        for refused in refused.iter().filter(|refused| !before.is_some_and(|before| before.refused.contains(refused))) {
            tracing::warn!(error = refused, "a tag was left out");
        }
        let identity = Identity { job_array: resolved.settings.host.job_array.place(), ..self.identity.clone() };
        let now = jiff::Timestamp::now();
        let tracing = resolved.settings.tracing_on(now);
        let as_before = before.filter(|before| {
            (before.tracing, &before.identity, &before.settings().tracing)
                == (tracing, &identity, &resolved.settings.tracing)
        });
        if renew == Renew::Everything || as_before.is_none() {
            let aws = Some(self.config.clone());
            self.telemetry.configure(Plan::new(&resolved.settings.tracing, &identity, PROGRAM, aws, now));
        }
        let (clients, registry) = match before {
            Some(before) if (before.tracing, &before.identity) == (tracing, &identity) => {
                (before.clients.clone(), before.registry.clone())
            }
            _ => self.clients(&identity),
        };
        InForce { resolved, refused, identity, clients, registry, tracing }
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
