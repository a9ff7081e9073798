//! Settings from every source that this host has: `local.yaml`, tags, environment, flags, overrides.

use crate::agent::{Overrides, Sources, is_setting};
use crate::host::{self, Place};
use anyhow::Result;
use spawn_cloud::Imds;
use spawn_config::{ConfigError, Identity, Layers, Provider, Resolved};
use spawn_host::World;
use std::collections::BTreeMap;

/// The settings, and what was refused on the way to them.
#[derive(Debug)]
pub(crate) struct Found {
    /// The settings in force.
    pub(crate) resolved: Resolved,
    /// What was left out, and why.
    pub(crate) refused: Vec<String>,
}

/// Lays the tags over what is known; a bad tag is left out and reported, the others count.
pub(crate) fn with_tags(layers: Layers, tags: BTreeMap<String, String>) -> (Layers, Vec<ConfigError>) {
    layers.tags_lenient(tags)
}

/// Why this one tag does not count on this host; none if it does.
pub(crate) fn judge_tag(base: &Layers, key: &str, value: &str) -> Option<ConfigError> {
    with_tags(base.clone(), [(key.to_owned(), value.to_owned())].into()).1.into_iter().next()
}

/// With `--debug`, log correlation where tracing is off: spans get ids and go nowhere.
pub(crate) fn with_debug(layers: Layers, debug: bool) -> Layers {
    if !debug || layers.resolve().settings.tracing.enabled {
        return layers;
    }
    let on = layers.flag("tracing-enabled", "true", "--debug");
    let on = on.and_then(|layers| layers.flag("tracing-exporter", "none", "--debug"));
    on.expect("the table has these two keys, and they take these words")
}

/// The settings as `spored config` reads them where no agent runs: one round of questions, no waiting for a silent
/// metadata service.
pub(crate) async fn as_asked(world: &World) -> Result<Found> {
    let layers = world.settings()?;
    let host_settings = layers.resolve().settings.host;
    let mut sources = Sources::new(layers, Overrides::as_far_as_readable(world));
    let place = host::place(host_settings.provider, world);
    if place == Place::Local {
        return Ok(sources.resolve(false));
    }
    let imds = Imds::new();
    let identity: Identity = match imds.identity().await {
        Ok(identity) => identity,
        Err(_) if place == Place::Unknown => host::local(&host_settings, world),
        Err(error) => return Err(error.into()),
    };
    sources.region.clone_from(&identity.region);
    if identity.provider == Provider::Ec2 {
        sources.tags = tags_of(&imds, &identity, None).await?;
        sources.tags.retain(|key, _| is_setting(key));
    }
    Ok(sources.resolve(false))
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
