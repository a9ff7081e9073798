//! The settings in force, and how a change of them takes effect without a restart.
//!
//! ```text
//! local.yaml, environment, --debug ─┐
//! overrides (`spored config set`)  ─┼─► resolve ─► InForce ─► telemetry, clients, whoever watches `changes`
//! tags (instance metadata)         ─┘
//! ```
//!
//! A source that is wrong changes nothing: the last good settings stay in force, and the trouble is told.

mod change;
mod in_force;
mod overrides;
mod sources;

pub(crate) use change::{Change, Trigger};
pub(crate) use in_force::{Fixed, InForce};
pub(crate) use overrides::{CheckError, Overrides, check};
pub(crate) use sources::{Sources, is_setting};

use anyhow::{Context as _, Result, bail};
use in_force::Renew;
use spawn_config::Layers;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Longest wait for the files of this host: one may lie on a network, or be a pipe.
const READ: Duration = Duration::from_secs(5);

/// The one holder of the settings.
#[derive(Debug)]
pub(crate) struct Live {
    fixed: Fixed,
    sources: Mutex<Sources>,
    in_force: watch::Sender<Arc<InForce>>,
    reloads: Mutex<Reloads>,
    /// One change after the other, where a change waits for the disk.
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// What became of the reloads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reloads {
    /// The last one that took effect.
    pub(crate) last: Option<jiff::Timestamp>,
    /// Why the last one did not.
    pub(crate) problem: Option<String>,
}

/// A change that took effect, and what could not be done with it.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) change: Change,
    /// Why it will not survive a restart.
    pub(crate) problem: Option<String>,
}

impl Live {
    /// Puts the first settings in force.
    pub(crate) fn new(fixed: Fixed, mut sources: Sources) -> Self {
        let first = fixed.put_in_force(&mut sources, None, Renew::Everything);
        Self {
            fixed,
            sources: Mutex::new(sources),
            in_force: watch::Sender::new(Arc::new(first)),
            reloads: Mutex::default(),
            turn: Arc::default(),
        }
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

    /// The overrides as they may be shown: secrets are left out.
    pub(crate) fn overrides(&self) -> BTreeMap<String, String> {
        self.sources().overrides.shown()
    }

    pub(crate) fn reloads(&self) -> Reloads {
        locked(&self.reloads).clone()
    }

    /// Lays these tags over the rest, if they are other than before.
    pub(crate) fn follow_tags(&self, tags: BTreeMap<String, String>) -> Change {
        let mut sources = self.sources();
        if sources.tags == tags {
            return Change::default();
        }
        sources.tags = tags;
        self.apply(&mut sources, Renew::Changed, Trigger::Tags)
    }

    /// Takes notice of the time: tracing may be over.
    pub(crate) fn look_at_the_clock(&self) {
        self.apply(&mut self.sources(), Renew::Changed, Trigger::Clock);
    }

    /// Reads everything that this host says again, and takes the tags if there are newer ones.
    ///
    /// # Errors
    /// If a source is wrong; then the settings in force stay as they are.
    pub(crate) async fn reload(&self, tags: Option<BTreeMap<String, String>>) -> Result<Change> {
        let _turn = self.turn.lock().await;
        match self.read_again().await {
            Ok(base) => {
                let mut sources = self.sources();
                sources.base = base;
                sources.tags = tags.unwrap_or_else(|| std::mem::take(&mut sources.tags));
                let change = self.apply(&mut sources, Renew::Everything, Trigger::Reload);
                *locked(&self.reloads) = Reloads { last: Some(jiff::Timestamp::now()), problem: None };
                tracing::info!(changed = change.settings.len(), "reloaded");
                Ok(change)
            }
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "not reloaded: the settings in force stay as they are");
                locked(&self.reloads).problem = Some(format!("{error:#}"));
                Err(error)
            }
        }
    }

    async fn read_again(&self) -> Result<Layers> {
        let world = self.fixed.world.clone();
        let read = tokio::task::spawn_blocking(move || world.settings());
        let Ok(read) = tokio::time::timeout(READ, read).await else {
            bail!("local.yaml cannot be read within {} s: it must be a file, on a disk that answers", READ.as_secs());
        };
        Ok(read.context("the reading of local.yaml has panicked")??)
    }

    /// Puts an override in force (`Some`) or takes it away (`None`), and keeps that for the next start.
    ///
    /// # Errors
    /// If there is no such key or it does not take the value; then nothing has changed.
    pub(crate) async fn set_override(&self, key: &str, value: Option<&str>) -> Result<Kept> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let (change, overrides) = {
            let mut sources = self.sources();
            sources.overrides = sources.overrides.with(key, value)?;
            (self.apply(&mut sources, Renew::Changed, Trigger::Override), sources.overrides.clone())
        };
        // From here on the change is kept even if whoever asked for it has gone.
        let problem = overrides.save(&self.fixed.world, turn).await.err().map(|error| format!("{error:#}"));
        if let Some(problem) = &problem {
            tracing::warn!(problem, "the override counts now, and will be forgotten when the agent restarts");
        }
        Ok(Kept { change, problem })
    }

    fn apply(&self, sources: &mut Sources, renew: Renew, trigger: Trigger) -> Change {
        let before = self.now();
        let after = Arc::new(self.fixed.put_in_force(sources, Some(&before), renew));
        let change = Change::between(&before, &after);
        let same =
            after.resolved == before.resolved && after.refused == before.refused && after.tracing == before.tracing;
        if !same {
            let keys = change.keys();
            tracing::info!(keys, trigger = trigger.as_str(), tracing = after.tracing, "the settings have changed");
        }
        if !change.settings.is_empty() && after.tracing {
            change.span(&self.fixed.telemetry, trigger);
        }
        self.in_force.send_if_modified(|now| {
            *now = after;
            !same
        });
        change
    }

    fn sources(&self) -> MutexGuard<'_, Sources> {
        locked(&self.sources)
    }
}

/// Every write leaves what it guards whole, so a panic elsewhere is no reason to stop.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
