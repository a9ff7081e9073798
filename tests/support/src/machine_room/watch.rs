//! Asks EC2 what instances there are, and brings every machine to where its instance is.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use serde::Deserialize;

use super::lock;
use super::machine::Machine;
use crate::http_call::get_json;
use crate::python::tell;

/// How often EC2 is asked. Asking costs moto about a millisecond.
const ROUND: Duration = Duration::from_millis(50);

/// What moto knows of an instance, as `python/moto_server.py` shows it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Ec2Instance {
    pub(super) instance_id: String,
    pub(super) state: String,
    pub(super) region: String,
    pub(super) availability_zone: String,
    pub(super) account_id: String,
    pub(super) instance_type: String,
    pub(super) image_id: String,
    pub(super) private_ip: String,
    pub(super) launched_at: String,
    pub(super) life_cycle: String,
    pub(super) user_data: Option<String>,
    pub(super) tags_in_metadata: bool,
    pub(super) tags: BTreeMap<String, String>,
}

/// What every machine is booted with.
#[derive(Debug)]
pub(super) struct Blueprint {
    pub(super) agent: PathBuf,
    pub(super) env: Vec<(String, String)>,
    pub(super) folder: PathBuf,
}

/// Asks again and again, and follows every instance.
pub(super) async fn watch(view: &str, blueprint: &Blueprint, machines: &Mutex<BTreeMap<String, Machine>>) {
    loop {
        // moto is gone when the test ends before its room does: nothing is left to watch then, and nobody to tell.
        if let Ok(answer) = get_json(view).await {
            match serde_json::from_value::<Vec<Ec2Instance>>(answer) {
                Ok(instances) => instances.into_iter().for_each(|instance| follow(instance, blueprint, machines)),
                Err(error) => tell(&format!("machine room: read the instances: {error}")),
            }
        }
        tokio::time::sleep(ROUND).await;
    }
}

/// Brings one machine to where its instance is.
fn follow(instance: Ec2Instance, blueprint: &Blueprint, machines: &Mutex<BTreeMap<String, Machine>>) {
    let mut machines = lock(machines);
    let up = ["pending", "running"].contains(&instance.state.as_str());
    match machines.get_mut(&instance.instance_id) {
        Some(machine) if !up => machine.power_off(),
        Some(machine) => {
            // A stopped instance that was started again boots again.
            if machine.is_off() {
                boot(instance, blueprint, &mut machines);
            } else {
                machine.show_tags(&instance);
            }
        }
        None if up && is_managed(&instance) => boot(instance, blueprint, &mut machines),
        None => {}
    }
}

fn is_managed(instance: &Ec2Instance) -> bool {
    instance.tags.get("spawn:managed").is_some_and(|managed| managed == "true")
}

fn boot(instance: Ec2Instance, blueprint: &Blueprint, machines: &mut BTreeMap<String, Machine>) {
    let id = instance.instance_id.clone();
    match Machine::boot(instance, blueprint) {
        Ok(machine) => drop(machines.insert(id, machine)),
        Err(error) => tell(&format!("machine room: boot {id}: {error:#}")),
    }
}
