//! What the targets do with the bytes that they get. Files of crates that depend on the AWS SDK are links to their sources:
//! the SDK takes half an hour with a fuzzer's instrumentation, and these files need nothing of it.

mod carriers;
mod endpoint;
mod error;
mod imds;
mod local_yaml;
#[expect(dead_code, unused_imports, reason = "the exporter uses the rest")]
mod propagation;
#[expect(dead_code, reason = "the filter uses the rest")]
mod redact;
mod tags;
mod user_data;
mod words;

pub use carriers::carriers;
pub use endpoint::endpoint;
pub use imds::notices;
pub use local_yaml::local_yaml;
pub use tags::tags;
pub use words::{redaction, user_data as first_boot};
