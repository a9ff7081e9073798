//! The sources of settings, laid over each other: default, `local.yaml`, tags, environment, flags, overrides.

mod environment;
mod local_yaml;
mod node;
mod withhold;

use crate::key::{Key, Raw, keys};
use crate::resolved::{Explanation, Resolved, Source};
use crate::{ConfigError, ExporterKind, Place, Settings, tags};

/// What the sources say, before it is resolved. Every value in here is one that its key takes.
///
/// Precedence is a matter of the source, not of the order of the calls; but hand in `local.yaml` before the tags, because
/// its `limits` judge them.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    local_yaml: Vec<Entry>,
    tags: Vec<Entry>,
    environment: Vec<Entry>,
    flags: Vec<Entry>,
    overrides: Vec<Entry>,
    notes: Vec<(&'static Key, String)>,
    /// Whether the tags are those of a running instance, which anyone who may call CreateTags writes.
    tags_of_instance: bool,
    region: Option<String>,
}

/// One value from one place.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: &'static Key,
    pub(crate) place: Place,
    pub(crate) raw: Raw,
}

impl Layers {
    /// Nothing but the defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the text of `local.yaml`; `path` is for messages. An empty file is fine.
    ///
    /// # Errors
    /// At the first thing that is wrong, with line and column: a file above 1 MiB, YAML that is none, an unknown or
    /// repeated key, a wrong type, a value that its key does not take.
    pub fn local_yaml(mut self, path: &str, text: &str) -> Result<Self, ConfigError> {
        self.local_yaml.extend(local_yaml::read(path, text)?);
        Ok(self)
    }

    /// Adds `local.yaml` as it was read from the disk.
    ///
    /// # Errors
    /// As [`Layers::local_yaml`], and if the bytes are not UTF-8.
    pub fn local_yaml_bytes(self, path: &str, bytes: &[u8]) -> Result<Self, ConfigError> {
        let text = local_yaml::decode(path, bytes)?;
        self.local_yaml(path, text)
    }

    /// Adds the tags of a launch. Tags without the `spawn:` prefix are left to their owners.
    ///
    /// Whether the host takes an endpoint from a tag is for the host to say: see [`tags::caution`].
    ///
    /// # Errors
    /// At the first `spawn:` tag that is unknown or whose value its key does not take.
    pub fn tags<I>(mut self, tags: I) -> Result<Self, ConfigError>
    where
        I: IntoIterator<Item = (String, String)>,
    {
        for (key, value) in tags {
            self.tags.extend(tags::read(&key, &value)?);
        }
        Ok(self)
    }

    /// Says which region the instance is in, before its tags are laid over: a tag may name the X-Ray of that region only,
    /// and none where the region is not known.
    #[must_use]
    pub fn in_region(mut self, region: Option<&str>) -> Self {
        self.region = region.map(str::to_owned);
        self
    }

    /// Adds the tags of a running instance. A bad one is left out and reported; the others hold.
    ///
    /// A tag is also left out if it goes beyond the `limits` of `local.yaml`: an endpoint that is neither loopback, nor
    /// X-Ray's in the instance's own region (see [`Layers::in_region`]), nor listed.
    #[must_use]
    pub fn tags_lenient<I>(mut self, tags: I) -> (Self, Vec<ConfigError>)
    where
        I: IntoIterator<Item = (String, String)>,
    {
        self.tags_of_instance = true;
        let limits = self.limits().tracing.limits;
        let mut errors = Vec::new();
        for (key, value) in tags {
            match tags::read(&key, &value).and_then(|entry| tags::judge(entry, &limits, self.region.as_deref())) {
                Ok(entry) => self.tags.extend(entry),
                Err(error) => errors.push(error),
            }
        }
        (self, errors)
    }

    /// Adds the environment. Variables that are empty or not in the table are passed over.
    ///
    /// # Errors
    /// At the first variable whose value its key does not take.
    pub fn environment<I>(mut self, variables: I) -> Result<Self, ConfigError>
    where
        I: IntoIterator<Item = (String, String)>,
    {
        let read = environment::read(variables)?;
        self.environment.extend(read.entries);
        self.notes.extend(read.notes);
        Ok(self)
    }

    /// Adds the value of a flag; `flag_text` is the flag as it was written, for messages.
    ///
    /// # Errors
    /// If there is no such key, or it does not take the value.
    pub fn flag(mut self, key_name: &str, value: &str, flag_text: &str) -> Result<Self, ConfigError> {
        let place = Place::Flag { flag: flag_text.to_owned() };
        self.flags.push(Entry::named(key_name, value, place)?);
        Ok(self)
    }

    /// Adds a value that was given to the running agent; it is stronger than every other source.
    ///
    /// # Errors
    /// If there is no such key, it does not take the value, or it is a limit: only `local.yaml` sets those.
    pub fn overriding(mut self, key_name: &str, value: &str) -> Result<Self, ConfigError> {
        let entry = Entry::named(key_name, value, Place::Override)?;
        if entry.key.is_limit() {
            return Err(ConfigError::Refused {
                place: entry.place,
                key: entry.key.name.to_owned(),
                read: entry.key.quote(&entry.raw),
                reason: "limits are set in local.yaml, and nowhere else".to_owned(),
            });
        }
        self.overrides.push(entry);
        Ok(self)
    }

    /// Lays the sources over each other.
    #[must_use]
    pub fn resolve(&self) -> Resolved {
        // The limits come first, because they bear on tags; then the table in its order, in which the exporter comes
        // before the endpoint.
        let mut settings = self.limits();
        let mut explanations: Vec<_> = keys().iter().map(|key| self.resolve_key(key, &mut settings)).collect();
        if self.tags_of_instance {
            withhold::withhold(&mut settings, &mut explanations);
        }
        Resolved { settings, explanations }
    }

    /// Defaults, with the `limits` of `local.yaml`.
    fn limits(&self) -> Settings {
        let mut settings = Settings::default();
        for entry in self.local_yaml.iter().filter(|entry| entry.key.is_limit()) {
            entry.apply(&mut settings);
        }
        settings
    }

    fn resolve_key(&self, key: &'static Key, settings: &mut Settings) -> Explanation {
        let mut history = vec![(Source::Default, key.default.to_owned())];
        let mut notes: Vec<_> =
            self.notes.iter().filter(|(about, _)| *about == key).map(|(_, note)| note.clone()).collect();
        let sources = [&self.local_yaml, &self.tags, &self.environment, &self.flags, &self.overrides];
        for entry in sources.into_iter().flatten().filter(|entry| entry.key == key) {
            if let Some(note) = entry.not_for(settings) {
                notes.push(note);
                continue;
            }
            entry.apply(settings);
            notes.extend(entry.cap(settings));
            history.push((entry.place.clone().into(), key.show(settings)));
        }
        let (source, value) = history.pop().expect("the default was put in above");
        history.reverse();
        Explanation { key, value, source, overrode: history, notes }
    }
}

impl Entry {
    /// An entry whose value the key takes; `spelling` is the key as the place spells it.
    pub(crate) fn checked(key: &'static Key, spelling: &str, place: Place, raw: Raw) -> Result<Self, ConfigError> {
        match key.check(&raw) {
            Ok(()) => Ok(Self { key, place, raw }),
            Err(error) => {
                let read = key.quote(&raw);
                Err(ConfigError::Value { place, key: spelling.to_owned(), read, expected: error.to_string() })
            }
        }
    }

    /// An entry for the key of that name.
    fn named(key_name: &str, value: &str, place: Place) -> Result<Self, ConfigError> {
        match Key::named(key_name) {
            Ok(key) => Self::checked(key, key.name, place, Raw::Text(value.to_owned())),
            Err(unknown) => Err(ConfigError::UnknownKey {
                place,
                key: unknown.name,
                remedy: unknown.suggestion.map(|known| format!(" (did you mean `{known}`?)")).unwrap_or_default(),
            }),
        }
    }

    pub(crate) fn apply(&self, settings: &mut Settings) {
        self.key.read(settings, &self.raw).expect("`checked` let only values in that the key takes");
    }

    /// Why the value does not count, given the settings resolved so far.
    fn not_for(&self, settings: &Settings) -> Option<String> {
        let variable = match &self.place {
            Place::Environment { variable } => variable,
            Place::Tag { key } => return self.beyond_the_ceiling(key, settings),
            _ => return None,
        };
        // The variables of OTLP name an OTLP receiver: X-Ray's API must not be looked for there.
        let other =
            self.key.name == tags::key_name(tags::TRACING_ENDPOINT) && settings.tracing.exporter != ExporterKind::Otlp;
        other.then(|| {
            format!("{variable} is for the exporter `otlp` only; the exporter is `{}`", settings.tracing.exporter)
        })
    }

    /// Under a ceiling, a tag has no way around it: neither X-Ray's rules nor kept errors know of it.
    fn beyond_the_ceiling(&self, tag: &str, settings: &Settings) -> Option<String> {
        let ceiling = settings.tracing.limits.max_sampling;
        let around = [(tags::TRACING_SAMPLER, "xray"), (tags::TRACING_KEEP_ERRORS, "true")]
            .iter()
            .any(|(key, value)| tag == *key && self.raw == Raw::Text((*value).to_owned()));
        (around && ceiling < crate::SamplingRate::ALWAYS).then(|| {
            format!("tag {tag} does not count while `limits.max_sampling` of local.yaml is {ceiling}, below 1")
        })
    }

    /// Brings a sampling rate from a tag down to the ceiling.
    fn cap(&self, settings: &mut Settings) -> Option<String> {
        let tracing = &mut settings.tracing;
        let ceiling = tracing.limits.max_sampling;
        let Place::Tag { key } = &self.place else {
            return None;
        };
        if key != tags::TRACING_SAMPLING || tracing.sampling <= ceiling {
            return None;
        }
        let wanted = std::mem::replace(&mut tracing.sampling, ceiling);
        Some(format!("tag {key} asks for {wanted}; `limits.max_sampling` of local.yaml allows {ceiling}"))
    }
}
