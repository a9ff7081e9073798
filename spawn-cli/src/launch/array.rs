//! The job array of a launch: its flags, its parameters, its records and messages.

mod join;
mod look;
mod options;
mod order;
mod params;
mod plan;
mod write;

pub(super) use join::join;
pub(super) use look::look;
pub(crate) use options::{ArrayOptions, AtTheEnd, OutputChoice};
pub(super) use order::{ArrayOrder, Birth, topology};
pub(super) use plan::{Around, ArrayPlan, plan};
pub(super) use write::write;
