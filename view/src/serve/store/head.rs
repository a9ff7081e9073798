//! What is known of a trace without looking into its spans again: enough for the list of traces, and for most searches.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span as Message;
use spawn_telemetry::attribute;

/// Services and arrays that are named; a trace of more is found by those.
const MOST_NAMES: usize = 64;
/// Bytes of a name that are kept.
const LONGEST_NAME: usize = 256;

/// A trace in few words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// When its first span began, nanoseconds since 1970.
    pub start: u64,
    /// The last instant that its spans know of.
    pub end: u64,
    /// Its spans.
    pub spans: u64,
    /// Those that failed.
    pub errors: u64,
    /// Those that are under way.
    pub open: u64,
    /// Whether earlier spans of it had to make room.
    pub part: bool,
    /// Services that made its spans, in the order in which they came.
    pub services: Vec<String>,
    /// Job arrays that its spans are about, by name and by id.
    pub arrays: Vec<String>,
    names: Vec<String>,
    root: Option<Root>,
}

/// The span that a trace is named by: the first of those without a parent, else the first.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Root {
    has_parent: bool,
    start: u64,
    name: String,
    service: String,
}

impl Head {
    /// What the span at its root is called.
    #[must_use]
    pub fn name(&self) -> &str {
        self.root.as_ref().map_or("", |root| &root.name)
    }

    /// The service of the span at its root.
    #[must_use]
    pub fn service(&self) -> &str {
        self.root.as_ref().map_or("", |root| &root.service)
    }

    /// Nanoseconds from its beginning to the last instant that its spans know of.
    #[must_use]
    pub const fn duration(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// The names of its job arrays; their ids where it does not tell names.
    #[must_use]
    pub fn array_names(&self) -> &[String] {
        if self.names.is_empty() { &self.arrays } else { &self.names }
    }

    /// Whether all its job arrays are among those that are named here.
    #[must_use]
    pub const fn has_all_arrays(&self) -> bool {
        self.arrays.len() < MOST_NAMES
    }

    /// Nothing yet, of a trace of which something has made room, or not.
    pub(super) fn of_part(part: bool) -> Self {
        Self { part, ..Self::default() }
    }

    pub(super) fn add(&mut self, span: &Message, service: &str) {
        let (start, end) = (span.start_time_unix_nano, span.end_time_unix_nano.max(span.start_time_unix_nano));
        self.start = if self.spans == 0 { start } else { self.start.min(start) };
        self.end = self.end.max(end);
        self.spans += 1;
        self.errors += u64::from(failed(span));
        self.open += u64::from(span.end_time_unix_nano == 0);
        remember(&mut self.services, service);
        let [name, id] = [attribute::SPAWN_JOB_ARRAY_NAME, attribute::SPAWN_JOB_ARRAY_ID];
        let [name, id] = [name, id].map(|key| text(&span.attributes, key).unwrap_or_default());
        remember(&mut self.names, name);
        [name, id].into_iter().for_each(|array| remember(&mut self.arrays, array));
        let has_parent = !span.parent_span_id.is_empty();
        if self.root.as_ref().is_none_or(|root| (has_parent, start) < (root.has_parent, root.start)) {
            self.root =
                Some(Root { has_parent, start, name: short(&span.name).to_owned(), service: service.to_owned() });
        }
    }

    /// Takes a span's figures back; another of its id follows, which began when it did.
    pub(super) fn take_back(&mut self, span: &Message) {
        self.spans -= 1;
        self.errors -= u64::from(failed(span));
        self.open -= u64::from(span.end_time_unix_nano == 0);
    }
}

fn failed(span: &Message) -> bool {
    span.status.as_ref().is_some_and(|status| status.code == 2)
}

pub(super) fn text<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    let value = attributes.iter().find(|pair| pair.key == key)?.value.as_ref()?.value.as_ref()?;
    match value {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

fn remember(names: &mut Vec<String>, name: &str) {
    let name = short(name);
    if !name.is_empty() && names.len() < MOST_NAMES && !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}

pub(super) fn short(name: &str) -> &str {
    &name[..name.floor_char_boundary(LONGEST_NAME)]
}
