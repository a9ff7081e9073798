//! Boots a real agent for every instance that EC2 says is running, with metadata of its own, and stops it with the instance.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::aws::Aws;
use crate::programs::wait_until;

mod machine;
mod watch;

use machine::Machine;
use watch::{Blueprint, watch};

/// The agents of one [`Aws`]; dropping it ends them.
#[derive(Debug)]
pub struct MachineRoom {
    machines: Arc<Mutex<BTreeMap<String, Machine>>>,
    folder: TempDir,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// One agent as the room sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occupant {
    /// The instance's id.
    pub instance_id: String,
    /// The agent's process id.
    pub pid: u32,
    /// The agent's exit code, once it has ended.
    pub exit_status: Option<i32>,
}

impl MachineRoom {
    /// Watches `aws` and runs `agent run` for every instance with the tag `spawn:managed=true` that is pending or running.
    ///
    /// An agent's environment is that of [`Aws::env`] without a region, which a real instance learns from its metadata, then
    /// `AWS_EC2_METADATA_SERVICE_ENDPOINT`, `SPORED_SOCKET`, `SPAWN_CONFIG` (an empty file), `HOME`, and then `extra_env`.
    ///
    /// # Errors
    /// When the room's folder or thread cannot be made.
    pub fn start(aws: &Aws, agent: &Path, extra_env: &[(String, String)]) -> Result<Self> {
        let folder = TempDir::with_prefix("machine-room-")?;
        let mut env = aws.env();
        env.retain(|(name, _)| {
            !["AWS_EC2_METADATA_DISABLED", "AWS_REGION", "AWS_DEFAULT_REGION"].contains(&name.as_str())
        });
        env.extend_from_slice(extra_env);
        let blueprint = Blueprint { agent: agent.to_owned(), env, folder: folder.path().to_owned() };
        let machines = Arc::new(Mutex::new(BTreeMap::new()));
        let (stop, stopped) = oneshot::channel();
        let view = format!("{}/spawn-test/instances", aws.moto_url());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let shared = Arc::clone(&machines);
        let thread = std::thread::Builder::new().name("machine-room".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    () = watch(&view, &blueprint, &shared) => {}
                }
            });
        })?;
        Ok(Self { machines, folder, stop: Some(stop), thread: Some(thread) })
    }

    /// Every agent booted so far, in the order of their instances' ids.
    pub fn instances(&self) -> Vec<Occupant> {
        self.machines().values_mut().map(Machine::occupant).collect()
    }

    /// The control socket of an instance's agent.
    pub fn socket(&self, instance_id: &str) -> PathBuf {
        machine::socket(self.folder.path(), instance_id)
    }

    /// What an instance's agent has written so far: standard output, then standard error.
    pub fn log(&self, instance_id: &str) -> String {
        self.machines().get(instance_id).map(Machine::log).unwrap_or_default()
    }

    /// Waits until there is an agent for this instance.
    ///
    /// # Errors
    /// When there is none within `timeout`.
    pub async fn wait_for_boot(&self, instance_id: &str, timeout: Duration) -> Result<Occupant> {
        wait_until(&format!("the agent of {instance_id}"), timeout, || {
            self.machines().get_mut(instance_id).map(Machine::occupant)
        })
        .await
    }

    /// Waits until `look` finds in an instance's log what it looks for.
    ///
    /// # Errors
    /// When it does not within `timeout`; the error shows the log.
    pub async fn wait_for_log<T>(
        &self,
        instance_id: &str,
        timeout: Duration,
        look: impl Fn(&str) -> Option<T>,
    ) -> Result<T> {
        wait_until(&format!("a line in the log of {instance_id}"), timeout, || look(&self.log(instance_id)))
            .await
            .with_context(|| format!("the log of {instance_id}:\n{}", self.log(instance_id)))
    }

    /// Waits for the end of an instance's agent and returns its exit code; 128 and the signal's number for a signal.
    ///
    /// # Errors
    /// When it has not ended within `timeout`; the error shows the log.
    pub async fn wait_for_exit(&self, instance_id: &str, timeout: Duration) -> Result<i32> {
        wait_until(&format!("the end of the agent of {instance_id}"), timeout, || {
            self.machines().get_mut(instance_id)?.occupant().exit_status
        })
        .await
        .with_context(|| format!("the log of {instance_id}:\n{}", self.log(instance_id)))
    }

    /// Gives an agent's instance to `change`, which may show tags, give notices or let the metadata service misbehave.
    ///
    /// # Errors
    /// When there is no such agent.
    pub fn with_imds<T>(&self, instance_id: &str, change: impl FnOnce(&crate::imds::Imds) -> T) -> Result<T> {
        let machines = self.machines();
        let machine = machines.get(instance_id).with_context(|| format!("find the machine of {instance_id}"))?;
        Ok(change(machine.imds()))
    }

    /// Ends an agent with SIGKILL, as a host failure does.
    ///
    /// # Errors
    /// When there is no such agent, or it has ended.
    pub fn kill(&self, instance_id: &str) -> Result<()> {
        let machines = self.machines();
        machines.get(instance_id).with_context(|| format!("find the machine of {instance_id}"))?.kill()
    }

    /// Ends every agent in good order: SIGTERM, then SIGKILL for those that are still there after `grace`.
    ///
    /// # Errors
    /// When an agent had to be killed; the error names it and shows its log.
    pub async fn stop(mut self, grace: Duration) -> Result<()> {
        self.end_watch();
        self.machines().values().for_each(Machine::terminate);
        let ids: Vec<String> = self.machines().keys().cloned().collect();
        for id in ids {
            self.wait_for_exit(&id, grace).await?;
        }
        Ok(())
    }

    fn machines(&self) -> MutexGuard<'_, BTreeMap<String, Machine>> {
        lock(&self.machines)
    }

    fn end_watch(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Drop for MachineRoom {
    fn drop(&mut self) {
        self.end_watch();
        self.machines().clear();
    }
}

fn lock(machines: &Mutex<BTreeMap<String, Machine>>) -> MutexGuard<'_, BTreeMap<String, Machine>> {
    // A panicking test must still end its agents.
    machines.lock().unwrap_or_else(PoisonError::into_inner)
}
