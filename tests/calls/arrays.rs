//! Job arrays against real DynamoDB and SQS interfaces: the table, the queue, and the model of the claim protocol.

mod ends;
mod hook;
mod many;
mod model;
mod queue;
mod store;

use crate::world::{self, aws};
use spawn_cloud::arrays::{ArrayId, ArrayName, ArrayRecord, ArrayStore, Attempt, Ending, HookState, TaskState};
use spawn_cloud::{Clients, Registry};
use spawn_config::Topology;
use spawn_test_support::FaultProxy;
use std::collections::BTreeMap;
use std::time::Duration;

const TABLE: &str = "calls-arrays";
const LEASE: Duration = Duration::from_secs(60);
/// When the arrays of these tests were launched.
const LAUNCHED: i64 = 1_790_000_000_000;

/// A table behind a proxy that can lose and spoil answers.
struct Room {
    proxy: FaultProxy,
    clients: Clients,
    store: ArrayStore,
}

/// At the emulator of this address.
async fn room(url: &str) -> Room {
    let proxy = FaultProxy::start(url).unwrap();
    let clients = Clients::new(&world::config(&proxy.url(), Duration::from_secs(30)), None);
    Registry::new(clients.dynamodb().clone(), Some(TABLE.to_owned())).ensure().await.unwrap();
    let store = ArrayStore::new(clients.dynamodb().clone(), Some(TABLE.to_owned()));
    Room { proxy, clients, store }
}

/// At ministack.
async fn usual_room() -> Room {
    room(aws().await.ministack_url()).await
}

/// An array of which nobody else knows.
fn array(size: u32) -> ArrayRecord {
    let name: ArrayName = "align".parse().unwrap();
    let id = ArrayId::new(&name, fastrand::u32(..));
    ArrayRecord {
        output: format!("s3://bucket/arrays/{id}/"),
        id,
        size,
        command: vec!["./align.sh".to_owned(), "{index}".to_owned()],
        shell: false,
        input: None,
        hook: None,
        env: BTreeMap::new(),
        has_params: false,
        topology: Topology::Joined,
        timeout: None,
        retries: 0,
        created_at: LAUNCHED,
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        tracestate: None,
        launch_traceparent: None,
        queue_url: "https://queue/1".to_owned(),
        round: 1,
        ready: true,
        cancelled_at: None,
        ended_at: None,
        hook_state: HookState::Waiting,
    }
}

fn attempt(owner: &str) -> Attempt {
    Attempt { owner: owner.to_owned(), traceparent: None, tracestate: None }
}

fn ending(state: TaskState) -> Ending {
    Ending { state, not_before: None, counts: false, exit_code: None, signal: None, reason: None, output: None }
}
