//! Settings from every source that this host has: `local.yaml`, tags, environment, flags.

use crate::host::{self, Place};
use anyhow::Result;
use spawn_cloud::Imds;
use spawn_config::{ConfigError, Identity, Layers, Provider, Resolved};
use spawn_host::World;
use std::collections::BTreeMap;

/// Everything, with the tags that could not be used.
#[derive(Debug)]
pub(crate) struct Found {
    /// The settings in force.
    pub(crate) resolved: Resolved,
    /// Tags that were left out, and why.
    pub(crate) refused: Vec<ConfigError>,
}

/// Lays the tags over what is known; a bad tag is left out and reported, the others count.
pub(crate) fn with_tags(layers: Layers, tags: BTreeMap<String, String>) -> Found {
    let (layers, refused) = layers.tags_lenient(tags);
    Found { resolved: layers.resolve(), refused }
}

/// With `--debug`, log correlation where tracing is off: spans get ids and go nowhere.
pub(crate) fn with_debug(layers: Layers, debug: bool) -> Result<Layers, ConfigError> {
    if !debug || layers.resolve().settings.tracing.enabled {
        return Ok(layers);
    }
    layers.flag("tracing-enabled", "true", "--debug")?.flag("tracing-exporter", "none", "--debug")
}

/// The settings as `spored config` shows them: one round of questions, no waiting for a silent metadata service.
pub(crate) async fn as_asked(world: &World) -> Result<Found> {
    let layers = world.settings()?;
    let host_settings = layers.resolve().settings.host;
    let place = host::place(host_settings.provider, world);
    if place == Place::Local {
        return Ok(with_tags(layers, BTreeMap::new()));
    }
    let imds = Imds::new();
    let identity: Identity = match imds.identity().await {
        Ok(identity) => identity,
        Err(_) if place == Place::Unknown => host::local(&host_settings, world),
        Err(error) => return Err(error.into()),
    };
    let tags = match identity.provider {
        Provider::Local => BTreeMap::new(),
        Provider::Ec2 => tags_of(&imds, &identity, None).await?,
    };
    Ok(with_tags(layers, tags))
}

/// The instance's tags: from its metadata, or by DescribeTags where the metadata does not show them.
pub(crate) async fn tags_of(
    imds: &Imds,
    identity: &Identity,
    clients: Option<&spawn_cloud::Clients>,
) -> spawn_cloud::Result<BTreeMap<String, String>> {
    if let Some(tags) = imds.tags().await? {
        return Ok(tags);
    }
    let made;
    let clients = match clients {
        Some(clients) => clients,
        None => {
            let region =
                identity.region.clone().map_or(spawn_cloud::RegionSource::Chain, spawn_cloud::RegionSource::Given);
            made = spawn_cloud::Clients::new(&spawn_cloud::sdk_config(region).await, None);
            &made
        }
    };
    spawn_cloud::instances::tags(clients.ec2(), &identity.instance_id).await
}
