//! Settings from environment variables: our own, and those of the OpenTelemetry specification.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::key::{Key, Raw, keys};
use crate::{ConfigError, Endpoint, Place, ValueError};

use super::Entry;

const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const SAMPLER_ARG: &str = "OTEL_TRACES_SAMPLER_ARG";
/// Whether an address without a scheme is one without TLS; the stronger comes first.
const INSECURE: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_INSECURE", "OTEL_EXPORTER_OTLP_INSECURE"];

/// What the environment says.
pub(super) struct Environment {
    pub(super) entries: Vec<Entry>,
    pub(super) notes: Vec<(&'static Key, String)>,
}

/// Reads the variables of the table. An empty variable is unset, as the OpenTelemetry specification says.
pub(super) fn read(variables: impl IntoIterator<Item = (String, String)>) -> Result<Environment, ConfigError> {
    let known: BTreeMap<&str, &'static Key> =
        keys().iter().flat_map(|key| key.env.iter().map(move |variable| (*variable, key))).collect();
    let set: BTreeMap<String, String> = variables
        .into_iter()
        .map(|(variable, value)| (variable, value.trim().to_owned()))
        .filter(|(variable, value)| is_read(variable, &known) && !value.is_empty())
        .collect();

    let mut entries = Vec::new();
    let mut notes = Vec::new();
    for key in keys() {
        // The weaker first, so that the stronger overrides it and `explain` shows both.
        for &variable in key.env.iter().rev() {
            let Some(value) = set.get(variable) else {
                continue;
            };
            let place = |variable: &str| Place::Environment { variable: variable.to_owned() };
            let refused = |(variable, error): (&str, ValueError)| ConfigError::Value {
                place: place(variable),
                key: key.name.to_owned(),
                read: key.quote(&Raw::Text(set.get(variable).cloned().unwrap_or_default())),
                expected: error.to_string(),
            };
            match translate(variable, value, &set).map_err(refused)? {
                Said::Value(raw) => entries.push(Entry::checked(key, key.name, place(variable), raw)?),
                Said::Sampler(word, rate) => {
                    let sampler = Key::named("tracing-sampler").expect("the table has this key");
                    entries.push(Entry::checked(sampler, sampler.name, place(variable), Raw::Text(word.to_owned()))?);
                    if let Some(rate) = rate {
                        entries.push(Entry::checked(key, key.name, place(variable), Raw::Text(rate))?);
                    }
                }
                Said::Nothing => {}
                Said::Note(note) => notes.push((key, note)),
            }
        }
    }
    Ok(Environment { entries, notes })
}

fn is_read(variable: &str, known: &BTreeMap<&str, &'static Key>) -> bool {
    known.contains_key(variable) || INSECURE.contains(&variable)
}

/// What one variable says about its key.
enum Said {
    Value(Raw),
    /// Which sampler, and the rate of one that has a rate.
    Sampler(&'static str, Option<String>),
    Nothing,
    Note(String),
}

/// Puts the words of the OpenTelemetry specification into ours. An error names the variable at fault.
fn translate<'a>(
    variable: &'a str,
    value: &str,
    set: &BTreeMap<String, String>,
) -> Result<Said, (&'a str, ValueError)> {
    let value = match variable {
        // Any value but true means false, says the specification; and false is no wish to switch tracing on.
        "OTEL_SDK_DISABLED" if value.eq_ignore_ascii_case("true") => "false".to_owned(),
        "OTEL_SDK_DISABLED" => return Ok(Said::Nothing),
        "OTEL_TRACES_EXPORTER" if value == "console" => "stdout".to_owned(),
        SAMPLER => return sampler(value, set),
        SAMPLER_ARG if set.contains_key(SAMPLER) => return Ok(Said::Nothing),
        SAMPLER_ARG => {
            return Ok(Said::Note(format!("{SAMPLER_ARG} has no effect without {SAMPLER}")));
        }
        "OTEL_EXPORTER_OTLP_ENDPOINT" => base(&with_scheme(value, set)).map_err(|error| (variable, error))?,
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" => {
            as_it_is(&with_scheme(value, set)).map_err(|error| (variable, error))?
        }
        _ if variable.ends_with("_TIMEOUT") && value.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{value}ms")
        }
        _ => value.to_owned(),
    };
    Ok(Said::Value(Raw::Text(value)))
}

/// The sampler that a word of the specification names. All of ours ask the parent first, so `parentbased_` adds nothing.
fn sampler(value: &str, set: &BTreeMap<String, String>) -> Result<Said, (&'static str, ValueError)> {
    let rate = match value.strip_prefix("parentbased_").unwrap_or(value) {
        "always_on" => "1",
        "always_off" => "0",
        "traceidratio" => {
            let rate = set.get(SAMPLER_ARG).map_or("1", String::as_str);
            rate.parse::<crate::SamplingRate>().map_err(|error| (SAMPLER_ARG, error))?;
            rate
        }
        // The specification has no `parentbased_` form of it. The endpoint that other SDKs read from the argument is
        // that of a collector; we ask X-Ray itself.
        "xray" if value == "xray" => return Ok(Said::Sampler("xray", None)),
        _ => {
            let expected = "`always_on`, `always_off`, `traceidratio`, one of these after `parentbased_`, or `xray`";
            return Err((SAMPLER, ValueError::expected(expected)));
        }
    };
    Ok(Said::Sampler("ratio", Some(rate.to_owned())))
}

/// An address that is host and port alone, as gRPC knows it, with the scheme that another variable says.
fn with_scheme<'a>(value: &'a str, set: &BTreeMap<String, String>) -> Cow<'a, str> {
    match INSECURE.iter().find_map(|variable| set.get(*variable)) {
        Some(insecure) if !value.contains("://") => {
            let scheme = if insecure.eq_ignore_ascii_case("true") { "http" } else { "https" };
            Cow::Owned(format!("{scheme}://{value}"))
        }
        _ => Cow::Borrowed(value),
    }
}

/// The address for traces: nothing is added to it.
fn as_it_is(value: &str) -> Result<String, ValueError> {
    Ok(value.parse::<Endpoint>()?.exactly().to_string())
}

/// A base address: a path of its own goes before `/v1/traces`; without one the exporter adds that by itself.
fn base(value: &str) -> Result<String, ValueError> {
    let endpoint: Endpoint = value.parse()?;
    Ok(if endpoint.has_path() { endpoint.for_traces() } else { endpoint }.to_string())
}
