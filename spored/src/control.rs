//! The control socket: HTTP over a unix socket, for the commands that speak to the running agent.
//!
//! Whoever is on the host may read; only root and the agent's own user may change anything
//! (`docs/reference/control-socket.md`).

mod access;
mod answer;
mod client;
mod routes;
mod server;

pub(crate) use client::{Ask, NoAgent, Reply, ask, status};
pub(crate) use routes::{LONGEST_FLUSH, explanation, rows};
pub(crate) use server::serve;
