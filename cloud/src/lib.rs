//! Everything that spawn asks of AWS, behind its own types, and the only place where AWS clients are made.
//!
//! [`sdk_config()`] finds region and credentials, [`Clients`] makes every client with the tracing interceptor in it,
//! [`Imds`] reads who an instance is, [`instances`] launches, lists and terminates, [`Registry`] keeps which agents
//! live. Callers pass their trace context by polling these futures `with_context`.

mod account;
pub mod agent_bucket;
pub mod arrays;
pub mod checks;
mod clients;
mod credential_files;
pub mod describe;
mod error;
pub mod iam;
mod imds;
mod inputs;
pub mod instances;
pub mod permissions;
pub mod prices;
mod regions;
mod registry;
mod sdk_config;
mod spans;
pub mod staging;
pub mod traces;

pub use account::{Caller, caller};
pub use aws_types::SdkConfig as Config;
pub use clients::Clients;
pub use error::{Error, Result};
pub use imds::{Imds, ImdsClock, SpotAction, SpotNotice};
pub use inputs::any_object;
pub use regions::enabled_regions;
pub use registry::{AgentRecord, Registry, TableState};
pub use sdk_config::{RegionSource, sdk_config, with_clock};
