//! `cargo xtask storm`: agents that are killed again and again while they make spans lose none of them.

use crate::figures::show;
use anyhow::{Result, ensure};
use spawn_test_support::Storm;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Runs the storm over the `spored` at `path`; without a path, the one that `cargo build --release` makes.
pub(crate) async fn run(path: Option<PathBuf>, agents: usize, length: Duration, seed: u64) -> Result<()> {
    let agent = path.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("target/release/spored"));
    ensure!(
        agent.exists(),
        "{} does not exist: build it with `cargo build --release --workspace --bins`, or name another one with --spored",
        agent.display()
    );
    let account = Storm { agent, agents, length, seed }.run().await?;
    show(&format!("{account}\n"));
    account.check()
}
