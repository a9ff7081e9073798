//! Which machine this is: an EC2 instance, known by its metadata service, or a host of the user's own.

use crate::backoff::Backoff;
use spawn_cloud::Imds;
use spawn_config::{HostSettings, Identity, Provider, ProviderChoice};
use spawn_host::World;
use std::time::Duration;

/// Shortest and longest wait between two rounds of questions to the metadata service.
const RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// Where to look for the identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// An EC2 instance for sure: its metadata service is asked until it answers, because an agent that took itself
    /// for a local one would let the instance run for ever.
    Ec2,
    /// Perhaps one: nothing on the machine tells, so one round of questions decides.
    Unknown,
    /// Not one.
    Local,
}

/// Decides from what the machine itself says, without the network.
pub(crate) fn place(choice: ProviderChoice, world: &World) -> Place {
    match choice {
        ProviderChoice::Ec2 => return Place::Ec2,
        ProviderChoice::Local => return Place::Local,
        ProviderChoice::Auto => {}
    }
    if world.variable("AWS_EC2_METADATA_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Place::Local;
    }
    if world.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT").is_some() {
        return Place::Ec2;
    }
    // Nitro says "Amazon EC2" as its vendor, Xen gives a UUID that begins with ec2.
    let read = |path: &str| std::fs::read_to_string(world.root.join(path)).ok();
    let vendor = read("sys/devices/virtual/dmi/id/sys_vendor");
    let hypervisor = read("sys/hypervisor/uuid");
    match (vendor, hypervisor) {
        (Some(vendor), _) if vendor.trim() == "Amazon EC2" => Place::Ec2,
        (_, Some(uuid)) if uuid.to_ascii_lowercase().starts_with("ec2") => Place::Ec2,
        (None, None) => Place::Unknown,
        _ => Place::Local,
    }
}

/// The identity; on EC2 this waits for as long as the metadata service stays silent, and says so.
pub(crate) async fn identity(place: Place, host: &HostSettings, world: &World, imds: &Imds) -> Identity {
    match place {
        Place::Local => local(host, world),
        Place::Unknown => match imds.identity().await {
            Ok(identity) => identity,
            Err(error) => {
                tracing::debug!(%error, "no instance metadata: this host is not an EC2 instance");
                local(host, world)
            }
        },
        Place::Ec2 => until_known(imds).await,
    }
}

async fn until_known(imds: &Imds) -> Identity {
    let mut backoff = Backoff::new(RETRY.0, RETRY.1);
    let mut said = false;
    loop {
        match imds.identity().await {
            Ok(identity) => return identity,
            Err(error) if !said => {
                tracing::warn!(%error, "the instance metadata service does not answer; asking on (check that it is enabled and that the hop limit is at least 1)");
                said = true;
            }
            Err(error) => tracing::debug!(%error, "the instance metadata service still does not answer"),
        }
        backoff.wait().await;
    }
}

/// The identity that `local.yaml` and the environment give, filled up from the machine.
pub(crate) fn local(host: &HostSettings, world: &World) -> Identity {
    Identity {
        region: host.region.clone(),
        account_id: host.account_id.clone(),
        hostname: world.hostname(),
        private_ip: host.private_ip.clone(),
        ..Identity::new(Provider::Local, host.instance_id.clone().unwrap_or_else(|| world.local_instance_id()))
    }
}
