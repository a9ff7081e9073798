//! Makes, carries, decides, keeps and sends the spans of AWS SDK calls.

pub mod attribute;
mod counters;
mod describe;
mod export;
mod filter;
mod health;
mod identity;
mod ids;
mod interceptor;
mod json_lines;
mod logs;
mod outcome;
mod pipeline;
mod plan;
mod planned;
pub mod propagation;
mod recorder;
mod redact;
mod resource;
mod sampler;
#[cfg(test)]
mod samples;
mod telemetry;
pub mod testing;
mod throttle;
mod xray;

pub use counters::{Counters, DropReason};
pub use describe::{Attributes, CallName, DescribeCall, NoDescription};
pub use export::ExportPlan;
pub use health::{Health, HealthState, Problem};
pub use identity::{SpanIdentity, with_job_array_index};
pub use interceptor::ExpectErrors;
pub use logs::{LogFormat, Logs};
pub use outcome::TaskOutcome;
pub use pipeline::Flushed;
pub use plan::{Plan, TracePlan};
pub use planned::{PlannedSpan, SpanRecord};
pub use propagation::PropagationError;
pub use resource::Program;
pub use telemetry::Telemetry;
pub use xray::XRayDocuments;
