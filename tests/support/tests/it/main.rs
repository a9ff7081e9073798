//! The test support against clients that others wrote: boto3, botocore's metadata fetcher, Google's gRPC.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod aws;
mod fault_proxy;
mod faulty_disk;
mod imds;
mod machine_room;
mod otlp;
mod processes;
mod xray_rules;
