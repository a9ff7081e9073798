//! Makes, carries, decides, keeps and sends the spans of AWS SDK calls.

pub mod attribute;
mod counters;
mod export;
mod health;
mod pipeline;
mod resource;
mod xray;

pub use counters::{Counters, DropReason};
pub use export::ExportPlan;
pub use health::{Health, HealthState, Problem};
pub use pipeline::Flushed;
pub use resource::Program;
