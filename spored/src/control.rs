//! The control socket: HTTP over a unix socket, for `spored status`.

mod client;
mod server;

pub(crate) use client::status;
pub(crate) use server::serve;
