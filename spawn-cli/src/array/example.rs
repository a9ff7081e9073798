//! An array in the middle of its life, for tests: every state, hosts that vanished, texts from a hostile hand.

use super::Overview;
use spawn_cloud::AgentRecord;
use spawn_cloud::arrays::{ArrayRecord, HookState, Millis, Task, TaskState};
use spawn_config::{Provider, Topology};
use std::collections::BTreeMap;

/// When the tests look.
pub(crate) const NOW: Millis = 1_760_001_200_000;
/// When the array was launched, 20 minutes before.
const LAUNCHED: Millis = NOW - 1_200_000;

pub(crate) fn array() -> ArrayRecord {
    ArrayRecord {
        id: "align-0000002a".parse().unwrap(),
        size: 40,
        command: ["./align.sh", "--reference", "GRCh 38", "{index}"].map(str::to_owned).to_vec(),
        shell: false,
        input: Some("s3://genomes/samples/{index:06}/".to_owned()),
        output: "s3://spawn-123456789012-us-east-1/arrays/align-0000002a/".to_owned(),
        hook: Some("notify".to_owned()),
        env: BTreeMap::new(),
        has_params: false,
        topology: Topology::Linked,
        timeout: None,
        retries: 2,
        created_at: LAUNCHED,
        traceparent: Some("00-68e79a8050dd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
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

fn agent(instance_id: &str, provider: Provider, instance_type: Option<&str>, last_seen: Millis) -> AgentRecord {
    AgentRecord {
        instance_id: instance_id.to_owned(),
        provider,
        region: Some("us-east-1".to_owned()),
        address: None,
        instance_type: instance_type.map(str::to_owned),
        spot: Some(instance_type.is_some()),
        slots: Some(2),
        version: "0.20.0".to_owned(),
        started_at: LAUNCHED / 1_000 + 60,
        last_seen: last_seen / 1_000,
        left_at: None,
        traceparent: None,
        tracestate: None,
    }
}

/// 20 succeeded in 60 seconds each, the last ten of them lately; 7 failed, 1 was called off, 4 run, 8 wait.
pub(crate) fn overview() -> Overview {
    let tasks = (0..40).map(|index| {
        let task = Task { attempt: 1, owner: Some("i-0123456789abcdef0/0000000a".to_owned()), ..Task::new(index) };
        let ended = |state, ended: Millis| Task {
            state,
            started_at: Some(ended - 60_000),
            ended_at: Some(ended),
            exit_code: Some(0),
            ..task.clone()
        };
        match index {
            0..10 => ended(TaskState::Succeeded, NOW - 700_000),
            10..20 => Task {
                output: Some(format!("s3://spawn-123456789012-us-east-1/arrays/align-0000002a/{index:06}/output/")),
                ..ended(TaskState::Succeeded, NOW - 100_000)
            },
            20 => Task {
                reason: Some("\u{1b}[2Jit said\n\u{202e}nothing".to_owned()),
                exit_code: None,
                signal: Some(9),
                ..ended(TaskState::Failed, NOW - 700_000)
            },
            21..27 => Task {
                attempt: 3,
                failures: 3,
                exit_code: Some(1),
                reason: Some("the command ended with exit code 1, and no attempts are left of the three".to_owned()),
                ..ended(TaskState::Failed, NOW - 700_000)
            },
            27 => {
                Task { owner: None, attempt: 0, state: TaskState::Cancelled, ended_at: Some(NOW), ..Task::new(index) }
            }
            28 => running(&task, 1_000_000, "local-lab/0000000b"),
            29 => running(&task, 200_000, "i-0123456789abcdef0/0000000a"),
            30..32 => running(&task, 30_000, "i-0123456789abcdef0/0000000a"),
            _ => Task::new(index),
        }
    });
    let agents = vec![
        agent("i-0123456789abcdef0", Provider::Ec2, Some("t3.micro"), NOW - 20_000),
        agent("i-0123456789abcdef1", Provider::Ec2, Some("t3.micro"), NOW - 600_000),
        agent("i-0123456789abcdef2", Provider::Ec2, Some("u9.unheard"), NOW),
        AgentRecord {
            left_at: Some(1),
            ..agent("i-0123456789abcdef3", Provider::Ec2, Some("t3.micro"), NOW - 900_000)
        },
        agent("local-lab", Provider::Local, None, NOW),
    ];
    Overview { array: array(), tasks: tasks.collect(), agents }
}

fn running(task: &Task, since: Millis, owner: &str) -> Task {
    Task {
        state: TaskState::Running,
        started_at: Some(NOW - since),
        lease_until: Some(NOW + 30_000),
        owner: Some(owner.to_owned()),
        attempt: 2,
        losses: 1,
        ..task.clone()
    }
}
