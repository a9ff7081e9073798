//! The address at the other end of an attempt's connection, as the SDK's HTTP client knows it.
//!
//! The client knows more only in its new pool, which is not the default one: how long a connection took to come, and
//! whether it was used before.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_types::config_bag::ConfigBag;

/// The peer of the attempt that has just been made; `None` where there was no connection, or the client tells none.
pub(super) fn of(cfg: &ConfigBag) -> Option<SocketAddr> {
    let connection = cfg.load::<CaptureSmithyConnection>()?;
    catch_unwind(AssertUnwindSafe(|| connection.get()?.remote_addr())).ok().flatten()
}
