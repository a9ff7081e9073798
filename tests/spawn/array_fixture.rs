//! Job arrays for the tests of the commands that watch and steer them: written by the rules that launch and agents use.

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use jiff::Timestamp;
use spawn_cloud::arrays::{
    ArrayId, ArrayRecord, ArrayStore, Attempt, Ending, HookState, Millis, Task, TaskQueue, TaskState,
};
use spawn_cloud::{AgentRecord, Clients, Config, Registry};
use spawn_config::{Provider, Topology};
use spawn_test_support::Aws;
use spawn_test_support::aws::REGION;
use std::collections::BTreeMap;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
/// Who works on the tasks.
pub(crate) const HOST: &str = "i-0123456789abcdef0";
/// The context of the array's span, and that of the first attempt of task 0.
pub(crate) const TRACEPARENT: &str = "00-68e79a8050dd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// An array, and the ways to change it.
pub(crate) struct Array {
    pub(crate) record: ArrayRecord,
    pub(crate) store: ArrayStore,
    pub(crate) clients: Clients,
}

/// Clients of the test itself, without spans.
pub(crate) fn clients(aws: &Aws) -> Clients {
    let env: BTreeMap<String, String> = aws.env().into_iter().collect();
    let credentials = Credentials::new(&env["AWS_ACCESS_KEY_ID"], &env["AWS_SECRET_ACCESS_KEY"], None, None, "test");
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(REGION))
        .endpoint_url(aws.ministack_url())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    Clients::new(&config, None)
}

pub(crate) fn now() -> Millis {
    Timestamp::now().as_millisecond()
}

impl Array {
    /// An array of this many pending tasks, dispatched, launched two hours ago.
    pub(crate) async fn seed(aws: &Aws, id: &str, size: u32) -> Self {
        Self::seed_with(aws, id, size, |_| ()).await
    }

    pub(crate) async fn seed_with(aws: &Aws, id: &str, size: u32, change: impl FnOnce(&mut ArrayRecord)) -> Self {
        let clients = clients(aws);
        Registry::new(clients.dynamodb().clone(), None).ensure().await.unwrap();
        let id: ArrayId = id.parse().unwrap();
        let queue = TaskQueue::create(clients.sqs().clone(), &id, 1, MINUTE).await.unwrap();
        let mut record = ArrayRecord {
            output: format!("s3://spawn-123456789012-us-east-1/arrays/{id}/"),
            id,
            size,
            command: ["./align.sh", "{index}"].map(str::to_owned).to_vec(),
            shell: false,
            input: None,
            hook: None,
            env: BTreeMap::new(),
            has_params: false,
            topology: Topology::Joined,
            timeout: None,
            retries: 0,
            created_at: now() - 7_200_000,
            traceparent: Some(TRACEPARENT.to_owned()),
            tracestate: None,
            launch_traceparent: None,
            queue_url: queue.url().to_owned(),
            round: 1,
            ready: true,
            cancelled_at: None,
            ended_at: None,
            hook_state: HookState::Waiting,
        };
        change(&mut record);
        let store = ArrayStore::new(clients.dynamodb().clone(), None);
        store.create(&record, &[], |_| ()).await.unwrap();
        Self { record, store, clients }
    }

    pub(crate) fn id(&self) -> &str {
        self.record.id.as_str()
    }

    /// Another attempt, which began 30 seconds ago.
    pub(crate) async fn claim(&self, index: u32) -> Task {
        let by =
            Attempt { owner: format!("{HOST}/0000000a"), traceparent: Some(TRACEPARENT.to_owned()), tracestate: None };
        let claimed = self.store.claim(&self.record, index, &by, now() - 30_000, 2 * MINUTE, false).await;
        claimed.unwrap().unwrap().task
    }

    async fn end(&self, index: u32, ending: Ending) {
        let task = self.claim(index).await;
        self.store.end(&self.record, &task, now(), &ending).await.unwrap().unwrap();
    }

    /// Gives an attempt back, as an agent does whose host is taken.
    pub(crate) async fn release(&self, task: &Task) {
        self.store.end(&self.record, task, now(), &ending(TaskState::Pending)).await.unwrap().unwrap();
    }

    pub(crate) async fn succeed(&self, index: u32) {
        let output = Some(format!("{}{index:06}/output/", self.record.output));
        self.end(index, Ending { exit_code: Some(0), output, ..ending(TaskState::Succeeded) }).await;
    }

    pub(crate) async fn fail(&self, index: u32, reason: &str) {
        let reason = Some(reason.to_owned());
        self.end(index, Ending { exit_code: Some(1), reason, ..ending(TaskState::Failed) }).await;
    }

    /// Says that all is done, as the last agent does.
    pub(crate) async fn finish(&self) {
        let id = &self.record.id;
        self.store.claim_end(id, "agent", now(), MINUTE).await.unwrap().unwrap();
        TaskQueue::new(self.clients.sqs().clone(), self.record.queue_url.clone()).delete().await.unwrap();
        assert!(self.store.finish(id, "agent", now(), None).await.unwrap());
    }

    /// An agent that began a minute ago and was heard of so many seconds ago.
    pub(crate) async fn agent(&self, instance_id: &str, provider: Provider, silent: i64) {
        let seconds = now() / 1_000;
        let agent = AgentRecord {
            instance_id: instance_id.to_owned(),
            provider,
            region: Some(REGION.to_owned()),
            address: None,
            instance_type: (provider == Provider::Ec2).then(|| "t3.micro".to_owned()),
            spot: None,
            slots: Some(1),
            version: "0.20.0".to_owned(),
            started_at: seconds - 60 - silent,
            last_seen: seconds - silent,
            left_at: None,
            traceparent: None,
            tracestate: None,
        };
        self.store.register_agent(&self.record, &agent).await.unwrap();
    }

    /// The array as it is now.
    pub(crate) async fn read(&self) -> ArrayRecord {
        self.store.find(&self.record.id).await.unwrap().unwrap()
    }

    /// The states of all tasks, by index.
    pub(crate) async fn states(&self) -> Vec<TaskState> {
        let mut states = Vec::new();
        for index in 0..self.record.size {
            states.push(self.store.task(&self.record.id, index).await.unwrap().unwrap().state);
        }
        states
    }
}

fn ending(state: TaskState) -> Ending {
    Ending {
        state,
        not_before: None,
        counts: state == TaskState::Failed,
        exit_code: None,
        signal: None,
        reason: None,
        output: None,
    }
}
