//! One machine of the room: its folder, its metadata service and its agent.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::Occupant;
use super::watch::{Blueprint, Ec2Instance};
use crate::imds::{Imds, InstanceFacts};
use crate::process::Process;
use crate::programs::Program;

/// How long an agent may take to end after SIGTERM; EC2 itself is not more patient by much.
const GRACE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Machine {
    instance_id: String,
    // Before the metadata service in drop order: an agent never sees its metadata go away first.
    agent: Process,
    imds: Imds,
    asked_to_end: Option<Instant>,
}

impl Machine {
    pub(super) fn boot(instance: Ec2Instance, blueprint: &Blueprint) -> Result<Self> {
        let home = blueprint.folder.join(&instance.instance_id);
        fs::create_dir_all(&home).with_context(|| format!("make {}", home.display()))?;
        // Otherwise the developer's own /etc/spawn/local.yaml would have a say.
        let config = home.join("local.yaml");
        fs::write(&config, "")?;
        let instance_id = instance.instance_id.clone();
        let imds = Imds::start(facts(instance))?;
        let agent = Program::new(&blueprint.agent)
            .arg("run")
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.endpoint())
            .env("SPORED_SOCKET", socket(&blueprint.folder, &instance_id))
            .env("SPORED_STATE", home.join("state"))
            .env("SPAWN_CONFIG", config)
            .env("HOME", &home)
            .envs(blueprint.env.iter().cloned())
            .current_dir(&home)
            .start()?;
        Ok(Self { instance_id, agent, imds, asked_to_end: None })
    }

    pub(super) fn occupant(&mut self) -> Occupant {
        Occupant { instance_id: self.instance_id.clone(), pid: self.agent.pid(), exit_status: self.agent.exit_status() }
    }

    pub(super) const fn imds(&self) -> &Imds {
        &self.imds
    }

    pub(super) fn log(&self) -> String {
        format!("{}{}", self.agent.stdout(), self.agent.stderr())
    }

    pub(super) fn show_tags(&self, instance: &Ec2Instance) {
        self.imds.show_tags(instance.tags_in_metadata.then(|| instance.tags.clone()));
    }

    /// Ends the agent step by step; called again and again while the instance is down.
    pub(super) fn power_off(&mut self) {
        if self.agent.exit_status().is_some() {
            self.asked_to_end.get_or_insert_with(Instant::now);
            return;
        }
        match self.asked_to_end {
            None => {
                self.asked_to_end = Some(Instant::now());
                self.terminate();
            }
            // An error says that it has ended.
            Some(asked) if asked.elapsed() > GRACE => drop(self.kill()),
            Some(_) => {}
        }
    }

    /// Whether the instance went down and the agent has ended.
    pub(super) fn is_off(&mut self) -> bool {
        self.asked_to_end.is_some() && self.agent.exit_status().is_some()
    }

    pub(super) fn terminate(&self) {
        // An error says that it has ended already.
        drop(self.agent.signal("TERM"));
    }

    pub(super) fn kill(&self) -> Result<()> {
        self.agent.signal("KILL")
    }
}

/// A short path: a unix socket's may have 107 bytes.
pub(super) fn socket(folder: &Path, instance_id: &str) -> PathBuf {
    folder.join(instance_id).join("spored.sock")
}

fn facts(instance: Ec2Instance) -> InstanceFacts {
    InstanceFacts {
        instance_id: instance.instance_id,
        region: instance.region,
        availability_zone: instance.availability_zone,
        account_id: instance.account_id,
        instance_type: instance.instance_type,
        image_id: instance.image_id,
        private_ip: instance.private_ip,
        launched_at: instance.launched_at,
        life_cycle: instance.life_cycle,
        role: None,
        // EC2's emulator tells none.
        launch_index: None,
        user_data: instance.user_data,
        tags: instance.tags_in_metadata.then_some(instance.tags),
    }
}
