//! What the settings are made from, and the last good value of each tag.

use super::overrides::Overrides;
use crate::settings::{self, Found};
use spawn_config::{Layers, tags};
use std::collections::BTreeMap;

/// Everything that is laid over each other.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    /// `local.yaml` and the environment.
    pub(crate) base: Layers,
    pub(crate) overrides: Overrides,
    /// The instance's region, once it is known: its tags may name the X-Ray of that region only.
    pub(crate) region: Option<String>,
    /// The tags as they are read, those that are no settings left out.
    pub(crate) tags: BTreeMap<String, String>,
    /// What the tags said when they were last good.
    good: BTreeMap<String, String>,
}

impl Sources {
    /// Everything but the tags, which an instance tells later.
    pub(crate) const fn new(base: Layers, overrides: Overrides) -> Self {
        Self { base, overrides, region: None, tags: BTreeMap::new(), good: BTreeMap::new() }
    }

    /// Lays the sources over each other. A tag that has become wrong keeps its last good value; other things that are
    /// wrong are left out.
    pub(crate) fn resolve(&mut self, debug: bool) -> Found {
        let base = self.base.clone().in_region(self.region.as_deref());
        let mut refused = Vec::new();
        let mut good = BTreeMap::new();
        for (key, value) in &self.tags {
            let Some(error) = settings::judge_tag(&base, key, value) else {
                good.insert(key.clone(), value.clone());
                continue;
            };
            let last = self.good.get(key).filter(|last| settings::judge_tag(&base, key, last).is_none());
            match last {
                Some(last) => {
                    refused.push(format!("{error}; {last:?}, its last good value, stays in force"));
                    good.insert(key.clone(), last.clone());
                }
                None => refused.push(error.to_string()),
            }
        }
        self.good = good;
        let layers = settings::with_tags(base, self.good.clone()).0;
        let (layers, wrong) = self.overrides.over(layers);
        refused.extend(wrong);
        Found { resolved: settings::with_debug(layers, debug).resolve(), refused }
    }
}

/// Whether the tag is a setting, or one that looks like one. The rest need not be followed.
pub(crate) fn is_setting(tag: &str) -> bool {
    tag.starts_with(tags::PREFIX) && !tags::OWN.contains(&tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(yaml: &str) -> Sources {
        Sources::new(Layers::new().local_yaml("local.yaml", yaml).unwrap(), Overrides::default())
    }

    fn tag(sources: &mut Sources, value: &str) -> (String, usize) {
        sources.tags = [("spawn:tracing-sampling".to_owned(), value.to_owned())].into();
        let found = sources.resolve(false);
        (found.resolved.get("tracing-sampling").unwrap(), found.refused.len())
    }

    #[test]
    fn a_tag_that_becomes_wrong_keeps_its_last_good_value() {
        let mut sources = sources("observability: {tracing: {sampling_rate: 0.2}}");
        assert_eq!(tag(&mut sources, "a lot"), ("0.2".to_owned(), 1));
        assert_eq!(tag(&mut sources, "0.5"), ("0.5".to_owned(), 0));
        assert_eq!(tag(&mut sources, "a lot"), ("0.5".to_owned(), 1));
        assert_eq!(tag(&mut sources, "even more"), ("0.5".to_owned(), 1));
        let refused = sources.resolve(false).refused;
        assert!(refused[0].ends_with("; \"0.5\", its last good value, stays in force"), "{refused:?}");
        sources.tags.clear();
        assert_eq!(sources.resolve(false).resolved.get("tracing-sampling").unwrap(), "0.2");
        assert_eq!(tag(&mut sources, "a lot"), ("0.2".to_owned(), 1));
    }

    #[test]
    fn the_last_good_value_is_held_against_the_limits_of_today() {
        let tag = ("spawn:tracing-endpoint".to_owned(), "https://collector.example".to_owned());
        let mut sources = sources("observability: {tracing: {limits: {endpoints: [collector.example]}}}");
        sources.tags = [tag.clone()].into();
        assert_eq!(sources.resolve(false).refused, Vec::<String>::new());
        sources.base = Layers::new();
        let found = sources.resolve(false);
        assert_eq!((found.resolved.get("tracing-endpoint").unwrap().as_str(), found.refused.len()), ("", 1));
    }

    #[test]
    fn a_tag_may_name_the_x_ray_of_the_instances_own_region_alone() {
        let mut sources = sources("");
        sources.tags =
            [("spawn:tracing-endpoint".to_owned(), "https://xray.eu-west-1.amazonaws.com".to_owned())].into();
        let refused = [None, Some("us-east-1"), Some("eu-west-1")].map(|region| {
            sources.region = region.map(str::to_owned);
            sources.resolve(false).refused.len()
        });
        assert_eq!(refused, [1, 1, 0]);
    }

    #[test]
    fn debug_correlates_logs_unless_tags_switch_tracing_on() {
        let mut sources = sources("");
        let tracing = |sources: &mut Sources| sources.resolve(true).resolved.settings.tracing;
        let off = tracing(&mut sources);
        assert_eq!((off.enabled, off.exporter.to_string().as_str()), (true, "none"));
        sources.tags = [("spawn:tracing-enabled".to_owned(), "true".to_owned())].into();
        let on = tracing(&mut sources);
        assert_eq!((on.enabled, on.exporter.to_string().as_str()), (true, "xray"));
    }

    #[test]
    fn what_spawn_notes_for_itself_is_not_followed() {
        let tags = ["spawn:ttl", "spawn:tll", "spawn:traceparent", "spawn:managed", "Name"];
        assert_eq!(tags.map(is_setting), [true, true, false, false, false]);
    }
}
