//! AWS on loopback for the tests and the demo: emulators that others wrote, IMDSv2, a machine room that boots real
//! agents, a fault proxy, a faulty disk and an independent OTLP receiver; all of it sets itself up and ends with the process.

pub mod aws;
pub mod browser;
pub mod fault_proxy;
mod faulty_disk;
pub mod imds;
pub mod machine_room;
pub mod otlp;
pub mod process;
pub mod programs;
pub mod prometheus;
pub mod python;
mod rotel;
pub mod service_map;
pub mod writers;
pub mod xray_rules;

mod hangup;
mod http_call;
mod server;
mod storm;
mod terminal;

pub use aws::{Aws, RecordedCall, UserKey};
pub use browser::{Browser, Look, Tab};
pub use fault_proxy::FaultProxy;
pub use faulty_disk::{DiskFault, FaultyDisk};
pub use imds::{Imds, InstanceFacts};
pub use machine_room::MachineRoom;
pub use otlp::OtlpReceiver;
pub use process::Process;
pub use programs::{Program, wait_until};
pub use rotel::Rotel;
pub use service_map::ServiceMap;
pub use storm::{Account, Storm};
pub use terminal::{Cell, Shown, Step, Terminal};
pub use xray_rules::XRayRules;
