//! Why a trace is recorded, as the first span of it in this process tells. `docs/reference/sampling.md` has the table.

use std::sync::Arc;

use opentelemetry::{StringValue, Value};
use spawn_config::{SamplingRate, SamplingRule};

/// Value of `spawn.sampling.reason`. Cloning it copies no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason(StringValue);

impl Reason {
    /// The caller records the trace.
    pub(crate) fn parent() -> Self {
        Self("parent".into())
    }

    /// The trace is not recorded; this failure of it is.
    pub(crate) fn error() -> Self {
        Self("error".into())
    }

    /// X-Ray's rules are not known.
    pub(super) fn fallback() -> Self {
        Self("fallback".into())
    }

    pub(crate) fn ratio(rate: SamplingRate) -> Self {
        Self::shared(format!("ratio {rate}"))
    }

    /// A rule of the settings for the operation.
    pub(super) fn operation(rule: &SamplingRule) -> Self {
        Self::shared(format!("operation {rule}"))
    }

    /// A rule of X-Ray's, by its number of traces a second.
    pub(super) fn reservoir(rule: &str) -> Self {
        Self::shared(format!("rule {rule} reservoir"))
    }

    /// A rule of X-Ray's, by its share of the traces beyond that.
    pub(super) fn rate(rule: &str) -> Self {
        Self::shared(format!("rule {rule} rate"))
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    fn shared(text: String) -> Self {
        Self(Arc::<str>::from(text).into())
    }
}

impl From<Reason> for Value {
    fn from(reason: Reason) -> Self {
        Self::String(reason.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_lists_every_reason() {
        let reference = include_str!("../../../docs/reference/sampling.md");
        let table = reference.split_once("<!-- reasons:begin -->").unwrap().1;
        let table = table.split_once("<!-- reasons:end -->").unwrap().0;
        let listed: Vec<&str> = table.lines().filter_map(|row| row.strip_prefix("| `")?.split('`').next()).collect();
        let rule = "RULE.X=1".parse().unwrap();
        let all = [
            Reason::parent(),
            Reason::ratio(SamplingRate::ALWAYS),
            Reason::operation(&rule),
            Reason::reservoir("NAME"),
            Reason::rate("NAME"),
            Reason::fallback(),
            Reason::error(),
        ];
        let words =
            all.iter().map(|reason| reason.as_str().replace("RULE.X=1", "RULE").replace("ratio 1", "ratio RATE"));
        assert_eq!(listed, words.collect::<Vec<_>>());
    }
}
