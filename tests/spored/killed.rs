//! Agents that are killed again and again while they make spans lose none of them.

use spawn_test_support::Storm;
use std::path::PathBuf;
use std::time::Duration;

/// The same storm for fifty agents and five minutes: `cargo xtask storm`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agents_killed_again_and_again_lose_no_span_and_their_accounts_hold() {
    let agent = PathBuf::from(env!("CARGO_BIN_EXE_spored"));
    let storm = Storm { agent, agents: 6, length: Duration::from_secs(15), seed: 7 };
    let account = storm.run().await.unwrap();
    account.check().unwrap();
    assert!(account.made > 500 && account.lives > 20, "the storm was a breeze: {account}");
}
