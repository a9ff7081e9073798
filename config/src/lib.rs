//! The words of spawn: keys, tags, `local.yaml`, environment and their precedence. Text comes in, values go out.
//!
//! Nothing here reads a file, a clock or the environment: the caller hands the text in. [`keys`] is the one table from
//! which the readers, the tag writer, `config list`, the [JSON schema](schema::json_schema) and the documentation follow.
//!
//! ```
//! use spawn_config::Layers;
//!
//! let resolved = Layers::new()
//!     .local_yaml("/etc/spawn/local.yaml", "observability: {tracing: {enabled: true}}")?
//!     .environment([("OTEL_TRACES_EXPORTER".to_owned(), "console".to_owned())])?
//!     .resolve();
//! assert_eq!(resolved.get("tracing-enabled").unwrap(), "true");
//! assert_eq!(resolved.get("tracing-exporter").unwrap(), "stdout");
//! # Ok::<(), spawn_config::ConfigError>(())
//! ```

mod endpoint;
mod error;
mod escape;
mod identity;
mod key;
mod layers;
mod resolved;
pub mod schema;
mod settings;
pub mod tags;
mod value;

pub use endpoint::Endpoint;
pub use error::{ConfigError, Place};
pub use escape::is_hostile;
pub use identity::{Fleet, Identity, JobArray, Provider};
pub use key::{Grammar, Key, UnknownKey, keys};
pub use layers::Layers;
pub use resolved::{Explanation, Resolved, Source};
pub use settings::{
    FilterSettings, HostSettings, JobArraySettings, LifeSettings, Limits, OtlpSettings, Settings, SpoolSettings,
    TracingSettings,
};
pub use value::{
    Compression, ExporterKind, Headers, OnComplete, OtlpProtocol, Percent, ProviderChoice, SamplerKind, SamplingRate,
    SamplingRule, Sessions, Slots, TimeSpan, Topology, ValueError,
};
