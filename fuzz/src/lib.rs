//! What the targets do with the bytes that they get. Files of crates that depend on the AWS SDK are links to their sources:
//! the SDK takes half an hour with a fuzzer's instrumentation, and these files need nothing of it.

// Files that are linked name the crates of the AWS calls; what they take from them is here.
extern crate self as aws_smithy_types;
extern crate self as spawn_cloud;

pub mod arrays;
pub mod base64;
mod carrier;
mod carriers;
mod endpoint;
mod error;
mod imds;
mod local_yaml;
mod params;
#[expect(unused_imports, reason = "the exporter uses the rest")]
mod propagation;
mod redact;
mod rows;
#[expect(dead_code, reason = "the transfers use the rest")]
mod staging;
mod tags;
mod user_data;
mod words;

pub use arrays::braces;
pub use carrier::requests;
pub use carriers::{carriers, documents, headers, messages};
pub use endpoint::endpoint;
pub use imds::notices;
pub use local_yaml::local_yaml;
pub use rows::parameters;
pub use staging::objects;
pub use tags::tags;
pub use words::{redaction, user_data as first_boot};
