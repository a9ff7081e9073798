//! What the checks have to know first: settings, who the host is, where AWS is.

use crate::agent::{Overrides, Sources, is_setting};
use crate::host::{self, Place};
use spawn_cloud::checks::Finding;
use spawn_cloud::{Config, Error, Imds, RegionSource};
use spawn_config::{Identity, Layers, Provider, TracingSettings};
use spawn_host::World;
use std::collections::BTreeMap;
use std::time::Duration;

/// The host as it looks before anything is asked of AWS.
#[derive(Debug)]
pub(super) struct Patient {
    pub(super) world: World,
    pub(super) settings: Finding,
    pub(super) metadata: Finding,
    pub(super) tags: Finding,
    pub(super) identity: Identity,
    pub(super) config: Config,
    pub(super) tracing: TracingSettings,
}

impl Patient {
    /// Looks; each step takes `each` at most.
    pub(super) async fn examine(world: &World, each: Duration) -> Self {
        let (layers, wrong) = match world.settings() {
            Ok(layers) => (layers, None),
            // The rest can be looked at all the same.
            Err(error) => (Layers::new(), Some(error.to_string())),
        };
        let host_settings = layers.resolve().settings.host;
        let place = host::place(host_settings.provider, world);
        let imds = Imds::new();
        let (identity, metadata) = match place {
            Place::Local => (None, Finding::ok("not asked: this is no EC2 instance")),
            Place::Ec2 | Place::Unknown => who(&imds, place, each).await,
        };
        let identity = identity.unwrap_or_else(|| host::local(&host_settings, world));
        let (shown, tags) = tags(&imds, &identity, each).await;
        let mut sources = Sources::new(layers, Overrides::as_far_as_readable(world));
        sources.region.clone_from(&identity.region);
        sources.tags = shown.into_iter().filter(|(key, _)| is_setting(key)).collect();
        let found = sources.resolve(false);
        let source = match (&identity.region, identity.provider) {
            (Some(region), _) if region != "local" => RegionSource::Given(region.clone()),
            (_, Provider::Ec2) => RegionSource::Chain,
            (_, Provider::Local) => RegionSource::OffEc2,
        };
        let config = match tokio::time::timeout(each, spawn_cloud::sdk_config(source)).await {
            Ok(config) => config,
            Err(_) => spawn_cloud::sdk_config(RegionSource::OffEc2).await,
        };
        Self {
            world: world.clone(),
            settings: settings(wrong, &found.refused),
            metadata,
            tags,
            identity,
            config,
            tracing: found.resolved.settings.tracing,
        }
    }
}

fn settings(wrong: Option<String>, refused: &[String]) -> Finding {
    const REMEDY: &str =
        "correct it, and check with `spored config validate`; a running agent then needs `spored reload`";
    match (wrong, refused) {
        (Some(wrong), _) => Finding::fail(wrong, REMEDY),
        (None, []) => Finding::ok("local.yaml, tags, environment and overrides are valid"),
        (None, refused) => Finding::warn(refused.join("; "), REMEDY),
    }
}

async fn who(imds: &Imds, place: Place, each: Duration) -> (Option<Identity>, Finding) {
    let asked = tokio::time::timeout(each, imds.identity()).await;
    match asked {
        Ok(Ok(identity)) => {
            let found = Finding::ok(format!("{} answers", identity.instance_id));
            (Some(identity), found)
        }
        Ok(Err(_)) if place == Place::Unknown => (None, Finding::ok("does not answer: this is no EC2 instance")),
        Ok(Err(error)) => (None, unanswered(&error)),
        Err(_) if place == Place::Unknown => (None, Finding::ok("does not answer: this is no EC2 instance")),
        Err(_) => (None, lost("no answer in time")),
    }
}

/// Why the metadata service did not tell who the instance is: its answer tells a switch from a hop that is too far.
fn unanswered(error: &Error) -> Finding {
    let text = error.to_string();
    let lower = text.to_ascii_lowercase();
    if lower.contains("refused") {
        return Finding::fail(
            text,
            "switch it on: `aws ec2 modify-instance-metadata-options --http-endpoint enabled --instance-id ID`",
        );
    }
    if lower.contains("403") || lower.contains("forbidden") {
        return Finding::fail(text, "it is switched off, or a proxy is in between: reach 169.254.169.254 directly");
    }
    lost(&text)
}

fn lost(what: &str) -> Finding {
    Finding::fail(
        what,
        "in a container its answer is one hop too far: `aws ec2 modify-instance-metadata-options \
         --http-put-response-hop-limit 2 --instance-id ID`, or run with the host's network",
    )
}

async fn tags(imds: &Imds, identity: &Identity, each: Duration) -> (BTreeMap<String, String>, Finding) {
    if identity.provider == Provider::Local {
        return (BTreeMap::new(), Finding::ok("not asked: this is no EC2 instance"));
    }
    match tokio::time::timeout(each, imds.tags()).await {
        Ok(Ok(Some(tags))) => {
            let settings = tags.keys().filter(|key| is_setting(key)).count();
            let found = Finding::ok(format!("{} visible, {settings} of them settings", tags.len()));
            (tags, found)
        }
        Ok(Ok(None)) => {
            let remedy = format!(
                "`aws ec2 modify-instance-metadata-options --instance-metadata-tags enabled --instance-id {}`",
                identity.instance_id
            );
            (BTreeMap::new(), Finding::warn("instance metadata does not show them: changes are not followed", remedy))
        }
        Ok(Err(error)) => (BTreeMap::new(), unanswered(&error)),
        Err(_) => (BTreeMap::new(), lost("no answer in time")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spawn_cloud::checks::Level;

    #[test]
    fn a_service_that_is_off_is_told_from_one_that_is_a_hop_too_far() {
        let remedy = |reason: &str| {
            let error = Error::Metadata { path: "/latest".to_owned(), reason: reason.to_owned() };
            unanswered(&error).remedy.unwrap()
        };
        assert!(remedy("connect: Connection refused (os error 111)").contains("--http-endpoint enabled"));
        assert!(remedy("error response: 403 Forbidden").contains("proxy"));
        assert!(remedy("HTTP connect timeout").contains("--http-put-response-hop-limit 2"));
    }

    #[test]
    fn a_wrong_file_fails_and_a_refused_tag_warns() {
        let level = |wrong: Option<&str>, refused: &[&str]| {
            let refused: Vec<String> = refused.iter().map(|&text| text.to_owned()).collect();
            settings(wrong.map(str::to_owned), &refused).level
        };
        assert_eq!(level(None, &[]), Level::Ok);
        assert_eq!(level(None, &["tag spawn:ttl"]), Level::Warn);
        assert_eq!(level(Some("local.yaml:1:1"), &[]), Level::Fail);
    }
}
