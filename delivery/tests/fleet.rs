//! Ten thousand agents and one quota, in virtual time.

#[path = "fleet/kept.rs"]
mod kept;
#[path = "fleet/measure.rs"]
mod measure;
#[path = "fleet/scenario.rs"]
mod scenario;
#[path = "fleet/senders.rs"]
mod senders;
#[path = "fleet/simulation.rs"]
mod simulation;
#[path = "fleet/xray.rs"]
mod xray;
