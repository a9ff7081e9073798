//! EC2 tags: the reserved names, what is written at a launch, and what users may write.

use std::collections::BTreeMap;

use crate::escape::{did_you_mean, plain, quoted};
use crate::key::{Key, Raw, keys};
use crate::layers::Entry;
use crate::{ConfigError, Endpoint, Fleet, Limits, Place, Settings};

/// Prefix of every tag that means something to spawn.
pub const PREFIX: &str = "spawn:";
/// `true` on every instance that spawn launched.
pub const MANAGED: &str = "spawn:managed";
/// Version of spawn that launched the instance.
pub const VERSION: &str = "spawn:version";
/// W3C trace context of the launch.
pub const TRACEPARENT: &str = "spawn:traceparent";
/// The launch that an instance came from, and its batch; `spawn launch --resume` finds instances by it.
pub const LAUNCH_ID: &str = "spawn:launch-id";
/// How many instances were launched together, and the index of the first of its batch: `250/100`. With the launch index
/// that instance metadata tells, each knows its share of the account's quotas and its own slot.
pub const FLEET: &str = "spawn:fleet";
/// Time to live, key `ttl`.
pub const TTL: &str = "spawn:ttl";
/// Longest time without work, key `idle-timeout`.
pub const IDLE_TIMEOUT: &str = "spawn:idle-timeout";
/// Load up to which the instance is idle, key `idle-cpu-percent`.
pub const IDLE_CPU_PERCENT: &str = "spawn:idle-cpu-percent";
/// Traffic up to which the instance is idle, key `idle-network-bytes`.
pub const IDLE_NETWORK_BYTES: &str = "spawn:idle-network-bytes";
/// Traffic of the disks up to which the instance is idle, key `idle-disk-bytes`.
pub const IDLE_DISK_BYTES: &str = "spawn:idle-disk-bytes";
/// Terminals that keep the instance from being idle, key `idle-sessions`.
pub const IDLE_SESSIONS: &str = "spawn:idle-sessions";
/// Time between the completion and the end, key `completion-delay`.
pub const COMPLETION_DELAY: &str = "spawn:completion-delay";
/// Longest time of the program before the end, key `pre-stop-timeout`.
pub const PRE_STOP_TIMEOUT: &str = "spawn:pre-stop-timeout";
/// What happens at the end, key `on-complete`.
pub const ON_COMPLETE: &str = "spawn:on-complete";
/// Job array that the instance works for, key `job-array-id`.
pub const ARRAY_ID: &str = "spawn:array-id";
/// Tasks of the job array that the instance works on at once, key `job-array-slots`.
pub const SLOTS: &str = "spawn:slots";
/// Key `tracing-enabled`.
pub const TRACING_ENABLED: &str = "spawn:tracing-enabled";
/// Key `tracing-exporter`.
pub const TRACING_EXPORTER: &str = "spawn:tracing-exporter";
/// Key `tracing-sampling`.
pub const TRACING_SAMPLING: &str = "spawn:tracing-sampling";
/// Key `tracing-sampler`.
pub const TRACING_SAMPLER: &str = "spawn:tracing-sampler";
/// Key `tracing-keep-errors`.
pub const TRACING_KEEP_ERRORS: &str = "spawn:tracing-keep-errors";
/// Key `tracing-endpoint`.
pub const TRACING_ENDPOINT: &str = "spawn:tracing-endpoint";
/// Key `tracing-until`.
pub const TRACING_UNTIL: &str = "spawn:tracing-until";
/// Key `tracing-topology`.
pub const TRACING_TOPOLOGY: &str = "spawn:tracing-topology";

/// Tags that spawn writes itself; users may not.
pub const OWN: [&str; 5] = [MANAGED, VERSION, TRACEPARENT, LAUNCH_ID, FLEET];

/// Tags that one EC2 resource may have (Amazon EC2 User Guide, "Tag restrictions").
pub const MOST: usize = 50;
/// Most instances that are believed to share a quota: beyond it, a tag would do no more than silence an agent.
const LARGEST_FLEET: u32 = 1_000_000;
/// Characters of a tag's key, at most (same page).
const LONGEST_KEY: usize = 128;
/// Characters of a tag's value, at most (same page).
const LONGEST_VALUE: usize = 256;

/// The tags that make an agent's settings these: one for each value that is not the default and has a tag.
#[must_use]
pub fn write(settings: &Settings) -> BTreeMap<String, String> {
    let written = keys().iter().filter_map(|key| {
        let value = key.show(settings);
        let tag = key.tag.filter(|_| value != key.default)?;
        Some((tag.to_owned(), value))
    });
    written.collect()
}

/// The value of [`FLEET`] for a batch.
#[must_use]
pub fn show_fleet(size: u32, first: u32) -> String {
    format!("{size}/{first}")
}

/// Reads the tag [`FLEET`]. `launch_index` is the instance's place in its batch. Anybody may have written the tag: what is
/// no fleet is none.
#[must_use]
pub fn read_fleet(value: &str, launch_index: Option<u32>) -> Option<Fleet> {
    let (size, first) = value.split_once('/')?;
    let whole = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten();
    let (size, first) = (whole(size)?, whole(first)?);
    let index = launch_index.and_then(|index| first.checked_add(index)).filter(|index| *index < size);
    (first < size && size <= LARGEST_FLEET).then_some(Fleet { size, index })
}

/// Splits `KEY=VALUE` at the first equals sign.
///
/// # Errors
/// If there is none.
pub fn parse_pair(pair: &str) -> Result<(String, String), ConfigError> {
    match pair.split_once('=') {
        Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
        None => Err(refused(pair, "no value: write KEY=VALUE")),
    }
}

/// Checks a tag that a user wants on an instance: EC2's rules, those of instance metadata, and the grammar of its key if
/// it is one of spawn's.
///
/// # Errors
/// If any of these does not hold; the message says which and what would do.
pub fn validate_user_tag(key: &str, value: &str) -> Result<(), ConfigError> {
    if key.is_empty() {
        return Err(refused(key, "no key: write KEY=VALUE"));
    }
    if key.chars().count() > LONGEST_KEY {
        return Err(refused(key, &format!("the key has more than {LONGEST_KEY} characters")));
    }
    if key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:")) {
        return Err(refused(key, "keys that begin with `aws:` belong to AWS: choose another"));
    }
    // The agent reads its tags from instance metadata, and with that switched on EC2 refuses all other keys.
    if !is_shown_by_metadata(key) {
        return Err(refused(
            key,
            "instance metadata takes only letters, digits and `+-=.,_:@` in keys: rename the tag",
        ));
    }
    if value.chars().count() > LONGEST_VALUE {
        return Err(refused(key, &format!("the value has more than {LONGEST_VALUE} characters")));
    }
    if value.chars().any(char::is_control) {
        return Err(refused(key, &format!("the value {} has control characters: leave them out", quoted(value))));
    }
    if OWN.contains(&key) {
        return Err(refused(key, "spawn sets this tag itself: leave it out"));
    }
    read(key, value).map(drop)
}

/// Whether instance metadata can show a tag with this key; another key in its list is a mistake of whoever answers.
#[must_use]
pub fn is_shown_by_metadata(key: &str) -> bool {
    let takes = |character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '+' | '-' | '=' | '.' | ',' | '_' | ':' | '@')
    };
    !key.is_empty() && key.chars().all(takes) && !matches!(key, "." | ".." | "_index")
}

/// Checks the number of tags on one instance.
///
/// # Errors
/// If there are more than EC2 takes.
pub fn validate_count(count: usize) -> Result<(), ConfigError> {
    if count > MOST { Err(ConfigError::TooManyTags { count, limit: MOST }) } else { Ok(()) }
}

/// What to tell someone who launches with this tag: the agent may not take it. `region` is that of the launch, where it
/// is known already.
#[must_use]
pub fn caution(key: &str, value: &str, region: Option<&str>) -> Option<String> {
    let endpoint: Endpoint = value.parse().ok().filter(|_| key == TRACING_ENDPOINT)?;
    let taken = endpoint.allowed_from_tag(&[], region.or(endpoint.xray_region()));
    (!taken).then(|| {
        format!("the agent takes {key} {endpoint} only if `limits.endpoints` of its local.yaml lists the host")
    })
}

/// Name of the key that a tag sets.
pub(crate) fn key_name(tag: &'static str) -> &'static str {
    tag.strip_prefix(PREFIX).unwrap_or(tag)
}

/// The entry of a tag; none if the tag is no setting.
pub(crate) fn read(key: &str, value: &str) -> Result<Option<Entry>, ConfigError> {
    if !key.starts_with(PREFIX) || OWN.contains(&key) {
        return Ok(None);
    }
    let place = Place::Tag { key: key.to_owned() };
    match keys().iter().find(|known| known.tag == Some(key)) {
        Some(known) => Entry::checked(known, known.name, place, Raw::Text(value.to_owned())).map(Some),
        None => {
            // The prefix that all have in common would make everything look alike.
            let name = |tag| str::strip_prefix(tag, PREFIX).unwrap_or(tag);
            let known = keys().iter().filter_map(|key| key.tag.map(name));
            let remedy = match did_you_mean(name(key), known) {
                Some(meant) => format!(" (did you mean `{PREFIX}{meant}`?)"),
                None => format!("; tags that begin with `{PREFIX}` belong to spawn"),
            };
            Err(ConfigError::UnknownKey { place, key: plain(key), remedy })
        }
    }
}

/// Holds the entry of a tag against the limits of the host.
pub(crate) fn judge(entry: Option<Entry>, limits: &Limits, region: Option<&str>) -> Result<Option<Entry>, ConfigError> {
    let Some(entry) = entry else { return Ok(None) };
    let mut settings = Settings::default();
    entry.apply(&mut settings);
    match settings.tracing.endpoint {
        Some(endpoint) if !endpoint.allowed_from_tag(&limits.endpoints, region) => Err(ConfigError::Refused {
            key: entry.key.name.to_owned(),
            read: quoted(&endpoint.to_string()),
            place: entry.place,
            reason: "a tag may name AWS X-Ray of the instance's own region over https, loopback, or a host that \
                     `limits.endpoints` of local.yaml lists"
                .to_owned(),
        }),
        _ => Ok(Some(entry)),
    }
}

fn refused(key: &str, problem: &str) -> ConfigError {
    ConfigError::Tag { key: quoted(key), problem: problem.to_owned() }
}

impl Key {
    /// Whether the key limits what tags may say.
    pub(crate) fn is_limit(&self) -> bool {
        self.name.starts_with("tracing-limits-")
    }

    /// A value of this key for a message.
    pub(crate) fn quote(&self, raw: &Raw) -> String {
        match raw {
            _ if self.grammar == crate::Grammar::Secrets => "[redacted]".to_owned(),
            Raw::Text(text) => quoted(text),
            Raw::List(items) => quoted(&items.join(", ")),
            Raw::Map(map) => quoted(&crate::value::list::show_map(map)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fleet_is_read_as_it_is_written_and_nothing_else_is_one() {
        let fleet = |size, index| Some(Fleet { size, index });
        assert_eq!(read_fleet(&show_fleet(250, 100), Some(7)), fleet(250, Some(107)));
        assert_eq!(read_fleet("250/100", None), fleet(250, None));
        assert_eq!(read_fleet("250/100", Some(200)), fleet(250, None));
        let wrong = [
            "",
            "250",
            "/",
            "0/0",
            "5/5",
            "5/-1",
            "+5/1",
            "5/1/1",
            " 5/1",
            "1e3/0",
            "4294967296/0",
            "2000000/0",
            "٥/٠",
        ];
        assert_eq!(wrong.map(|value| read_fleet(value, Some(0))), [None; 13]);
        assert_eq!(read_fleet("5/4294967295", Some(u32::MAX)), None);
    }
}
