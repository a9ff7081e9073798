//! Traces AWS SDK clients: every call is an OpenTelemetry span with true attributes, every call tells AWS the trace that it
//! belongs to, and the spans go to AWS X-Ray without a daemon, to any OTLP receiver, or to JSON lines.
//!
//! Five lines trace the clients of a program of your own and export to X-Ray:
//!
//! ```no_run
//! # use spawn_telemetry::Telemetry;
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! # let aws = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
//! let telemetry = Telemetry::of("orders").to_xray(&aws);
//! let config = aws_sdk_sts::config::Builder::from(&aws).interceptor(telemetry.aws_interceptor());
//! let sts = aws_sdk_sts::Client::from_conf(config.build());
//! telemetry.in_span("who am I", vec![], sts.get_caller_identity().send()).await?;
//! telemetry.shutdown(std::time::Duration::from_secs(5));
//! # Ok(())
//! # }
//! ```
//!
//! - One interceptor serves the clients of all services: names, request ids, attempts, AWS error codes, throttling and the
//!   resources that a call was about come from what the SDK tells of every call, so no service crate is needed.
//! - [`Telemetry::in_span`] is a span around your own work; calls in it are its children. Spans of `tracing` and of other
//!   libraries join in through [`Telemetry::tracer_provider`], those of a provider that you have through
//!   [`Telemetry::span_processor`].
//! - [`Builder::environment`] reads OpenTelemetry's variables; [`Builder::to_otlp`] and [`Builder::to_json_lines`] choose
//!   other ways out.
//! - Telemetry never fails, blocks or slows a call: spans wait in bounded memory and leave on a thread of their own.
//!   [`Telemetry::counters`] accounts for each of them, [`Telemetry::health`] says what is wrong and what to do about it.
//! - [`propagation`] carries a trace through environments, queues, functions, items and objects.
//!
//! It is the telemetry of `spawn` and its agent `spored`, which hold it to being correct.

pub mod attribute;
mod builder;
mod counters;
mod dead_letters;
mod describe;
mod export;
mod filter;
mod hash;
mod health;
mod identity;
mod ids;
mod interceptor;
mod journal;
pub mod json_lines;
mod last_words;
mod logs;
mod message;
pub mod otlp_json;
mod outcome;
mod pipeline;
mod plan;
mod planned;
pub mod propagation;
mod record;
mod recorder;
mod redact;
mod resource;
mod sampler;
#[cfg(test)]
mod samples;
mod spooled;
mod storage;
mod telemetry;
pub mod testing;
mod throttle;
mod unkept;
mod why;
mod xray;

pub use builder::Builder;
pub use counters::{Counters, DropReason};
pub use dead_letters::{Choice, DeadLetters, DeadLettersError, Found, Letter};
pub use describe::{Attributes, CallName, DescribeCall, NoDescription};
pub use export::ExportPlan;
pub use health::{Health, HealthState, Problem};
pub use identity::{SpanIdentity, with_job_array_index};
pub use interceptor::{CredentialRequests, ExpectErrors, TracedIdentities};
pub use last_words::LastWords;
pub use logs::{LogFormat, Logs};
pub use outcome::TaskOutcome;
pub use pipeline::Flushed;
pub use plan::{Plan, TracePlan};
pub use planned::{PlannedSpan, SpanRecord};
pub use propagation::PropagationError;
pub use resource::Program;
pub use sampler::{AccountStatus, QuotaStatus, SamplerStatus, SamplingPlan};
pub use spooled::{Spooled, spooled};
pub use storage::{Storage, StorageStatus};
pub use telemetry::Telemetry;
pub use throttle::is_throttle;
pub use why::{SpanFates, TraceFate, Why};
pub use xray::{XRayDocuments, tie};
