//! Value types, each parsed once at the edge and plain inside.

mod choice;
mod headers;
pub(crate) mod list;
mod percent;
mod sampling;
mod sampling_rule;
mod slots;
mod time_span;
pub(crate) mod timeout;

use std::borrow::Cow;

pub use choice::{
    Compression, ExporterKind, OnComplete, OtlpProtocol, ProviderChoice, SamplerKind, Sessions, Topology,
};
pub use headers::Headers;
pub use percent::Percent;
pub use sampling::SamplingRate;
pub use sampling_rule::SamplingRule;
pub use slots::Slots;
pub use time_span::TimeSpan;

/// A text that is not a value of the type asked for; says what would be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct ValueError {
    pub(crate) expected: Cow<'static, str>,
}

impl ValueError {
    pub(crate) fn expected(expected: impl Into<Cow<'static, str>>) -> Self {
        Self { expected: expected.into() }
    }
}
