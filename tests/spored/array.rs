//! Job arrays for the agents of the tests: written as `spawn launch` writes them, and looked at from outside.

use crate::fixture::{Host, PATIENCE};
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use opentelemetry::Context;
use serde_json::Value;
use spawn_cloud::arrays::{ArrayId, ArrayRecord, ArrayStore, HookState, SHARDS, Task, TaskQueue};
use spawn_cloud::{Clients, Config};
use spawn_config::Topology;
use spawn_test_support::Aws;
use spawn_test_support::aws::REGION;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Short, so that a test need not wait a minute for a host that was killed.
pub(crate) const LEASE: Duration = Duration::from_secs(3);
/// The bucket of the account's own results.
pub(crate) const BUCKET: &str = "spawn-123456789012-us-east-1";

/// An array, and the ways to look at it.
pub(crate) struct Array {
    pub(crate) record: ArrayRecord,
    pub(crate) store: ArrayStore,
    pub(crate) queue: TaskQueue,
}

/// Clients of the test itself, without spans.
pub(crate) fn clients(aws: &Aws) -> Clients {
    Clients::new(&config(aws.ministack_url()), None)
}

fn config(url: &str) -> Config {
    let keys: BTreeMap<_, _> = [("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")].into();
    let (id, secret) = keys.into_iter().next().unwrap();
    let credentials = Credentials::new(id, secret, None, None, "test");
    Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(REGION))
        .endpoint_url(url)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

/// A sampled context of a new trace, and one of a child in it.
pub(crate) fn contexts() -> (String, String) {
    let seconds = jiff::Timestamp::now().as_second();
    let (trace, id) = (fastrand::u128(..) >> 32, |_: ()| fastrand::u64(1..));
    let context = || format!("00-{seconds:08x}{trace:024x}-{:016x}-01", id(()));
    (context(), context())
}

impl Array {
    /// Writes and dispatches an array of this many tasks that run `command` in a shell.
    pub(crate) async fn seed(aws: &Aws, name: &str, size: u32, command: &str) -> Self {
        Self::seed_with(aws, name, size, command, |_| ()).await
    }

    /// The same, changed before it is written.
    pub(crate) async fn seed_with(
        aws: &Aws,
        name: &str,
        size: u32,
        command: &str,
        change: impl FnOnce(&mut ArrayRecord),
    ) -> Self {
        let clients = clients(aws);
        let id = ArrayId::new(&name.parse().unwrap(), fastrand::u32(..));
        let queue = TaskQueue::create(clients.sqs().clone(), &id, 1, LEASE).await.unwrap();
        let (launch, own) = contexts();
        let mut record = ArrayRecord {
            size,
            command: vec![command.to_owned()],
            shell: true,
            input: None,
            output: format!("s3://{BUCKET}/arrays/{id}/"),
            hook: None,
            env: BTreeMap::new(),
            has_params: false,
            topology: Topology::Joined,
            timeout: None,
            retries: 0,
            created_at: jiff::Timestamp::now().as_millisecond(),
            traceparent: Some(own),
            tracestate: None,
            launch_traceparent: Some(launch),
            queue_url: queue.url().to_owned(),
            round: 1,
            ready: true,
            cancelled_at: None,
            ended_at: None,
            hook_state: HookState::Waiting,
            id,
        };
        change(&mut record);
        let store = ArrayStore::new(clients.dynamodb().clone(), None);
        store.create(&record, &[], |_| ()).await.unwrap();
        let all: Vec<u32> = (0..size).collect();
        queue.send(&all, &Context::new(), |_| ()).await.unwrap();
        Self { record, store, queue }
    }

    pub(crate) fn id(&self) -> &str {
        self.record.id.as_str()
    }

    /// Its trace, as X-Ray writes ids.
    pub(crate) fn trace_id(&self) -> String {
        let id = self.record.traceparent.as_deref().unwrap()[3..35].to_owned();
        format!("1-{}-{}", &id[..8], &id[8..])
    }

    /// All tasks, by index.
    pub(crate) async fn tasks(&self) -> Vec<Task> {
        let mut tasks = Vec::new();
        for shard in 0..SHARDS.min(self.record.size) {
            tasks.extend(self.store.shard(&self.record.id, shard).await.unwrap().tasks);
        }
        tasks.sort_by_key(|task| task.index);
        tasks
    }

    /// The one task of this index, once it is as wanted.
    pub(crate) async fn task_when(&self, index: u32, what: &str, wanted: impl Fn(&Task) -> bool) -> Task {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let task = self.store.task(&self.record.id, index).await.unwrap().unwrap();
            if wanted(&task) {
                return task;
            }
            assert!(Instant::now() < deadline, "no {what} in {task:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The array, once its end was seen to.
    pub(crate) async fn ended(&self) -> ArrayRecord {
        self.ended_within(PATIENCE).await
    }

    pub(crate) async fn ended_within(&self, time: Duration) -> ArrayRecord {
        let deadline = Instant::now() + time;
        loop {
            let array = self.store.find(&self.record.id).await.unwrap().unwrap();
            if array.ended_at.is_some() {
                return array;
            }
            if Instant::now() >= deadline {
                let open: Vec<_> = self.tasks().await.into_iter().filter(|task| !task.state.has_ended()).collect();
                panic!("not ended: {open:#?}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Makes the bucket that results go to.
pub(crate) async fn bucket(aws: &Aws) -> Value {
    aws.boto3(&format!("boto3.client('s3').create_bucket(Bucket='{BUCKET}')['Location']")).await.unwrap()
}

/// A host of one's own that works for this array, with all its spans on stderr.
pub(crate) fn worker(aws: &Aws, array: &Array, slots: u16) -> Host {
    let yaml = format!("job_array:\n  id: {}\n  slots: {slots}\n", array.id());
    Host::with(&yaml)
        .aws(aws)
        .env("TRACING_ENABLED", "true")
        .env("OTEL_TRACES_EXPORTER", "console")
        .env("OTEL_TRACES_SAMPLER", "always_on")
        .env("SPORED_LEASE", format!("{}s", LEASE.as_secs()))
        .env("SPORED_BACKOFF", "1s")
}
