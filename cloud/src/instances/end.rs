//! Terminating, stopping, hibernating and starting instances again; each answers the instances' new states by id.

use crate::error::{Error, Result};
use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::InstanceStateChange;
use std::collections::BTreeMap;

/// New state of each instance, by id, in EC2's words.
pub type States = BTreeMap<String, String>;

/// Terminates the instances.
pub async fn terminate(client: &Client, ids: &[String]) -> Result<States> {
    let call = client.terminate_instances().set_instance_ids(Some(ids.to_vec()));
    let answer = call.send().await.map_err(|error| Error::of("EC2 TerminateInstances", error))?;
    Ok(states(answer.terminating_instances))
}

/// Stops the instances; with `hibernate` their memory is kept, which only instances launched for it can do.
pub async fn stop(client: &Client, ids: &[String], hibernate: bool) -> Result<States> {
    // Absent is EC2's own way to say no.
    let call = client.stop_instances().set_instance_ids(Some(ids.to_vec())).set_hibernate(hibernate.then_some(true));
    let answer = call.send().await.map_err(|error| Error::of("EC2 StopInstances", error))?;
    Ok(states(answer.stopping_instances))
}

/// Starts stopped or hibernated instances.
pub async fn start(client: &Client, ids: &[String]) -> Result<States> {
    let call = client.start_instances().set_instance_ids(Some(ids.to_vec()));
    let answer = call.send().await.map_err(|error| Error::of("EC2 StartInstances", error))?;
    Ok(states(answer.starting_instances))
}

fn states(changes: Option<Vec<InstanceStateChange>>) -> States {
    let changes = changes.unwrap_or_default().into_iter();
    let named = changes.filter_map(|change| {
        let state = change.current_state.and_then(|state| state.name)?;
        Some((change.instance_id?, state.as_str().to_owned()))
    });
    named.collect()
}
