//! The demo's job array: two instances and the host on premises share its tasks, and one of them needs a second attempt.

use super::{PATIENCE, command, say};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use spawn_test_support::{Aws, MachineRoom, Program};
use std::path::Path;

/// A second of work each. The first attempt of task 3 fails: it is made again some seconds later.
const WORK: &str = "sleep 1; [ {index}-$JOB_ATTEMPT != 3-1 ] && hostname > \"$SPAWN_OUTPUT/host.txt\"";
/// What it is called.
const NAME: &str = "demo";

/// What is left of it to look at.
pub(super) struct Done {
    pub(super) name: &'static str,
    pub(super) trace_id: String,
    pub(super) instance_ids: Vec<String>,
}

pub(super) async fn run(aws: &Aws, room: &MachineRoom, programs: &Path, on_premises: &Path) -> Result<Done> {
    say("a job array: six tasks for two instances and the host on premises; one task fails at first");
    let answer = launch(aws, programs).await?;
    let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let array = text("/array_id").context("the launch named no array")?;
    let join = ["join", array.as_str()];
    let program = Program::new(programs.join("spored")).args(join).envs(aws.env()).env("SPORED_SOCKET", on_premises);
    let joined = command(program, "spored", &join).await?;
    ensure!(joined.status == 0, "the host on premises did not join");
    let instances = answer["instances"].as_array().context("the launch named no instances")?;
    let ids = instances.iter().filter_map(|instance| instance["instance_id"].as_str());
    let instance_ids: Vec<String> = ids.map(str::to_owned).collect();
    // The instances end themselves when nothing is left to do.
    for id in &instance_ids {
        room.wait_for_exit(id, PATIENCE).await?;
    }
    for line in [["status", array.as_str()], ["results", array.as_str()]] {
        command(Program::new(programs.join("spawn")).args(line).envs(aws.env()), "spawn", &line).await?;
    }
    Ok(Done { name: NAME, trace_id: text("/trace_id").context("the launch named no trace")?, instance_ids })
}

async fn launch(aws: &Aws, programs: &Path) -> Result<Value> {
    let line = [
        "launch",
        "--instance-type",
        "t3.micro",
        "--count",
        "2",
        "--tag",
        "spawn:tracing-enabled=true",
        "--tag",
        "spawn:tracing-sampling=1.0",
        "--tag",
        "spawn:completion-delay=1s",
        "--job-array-name",
        NAME,
        "--tasks",
        "6",
        "--retries",
        "1",
        "-o",
        "json",
        "--shell",
        "--",
        WORK,
    ];
    let program = Program::new(programs.join("spawn")).args(line).envs(aws.env());
    let output = command(program, "spawn", &line).await?;
    ensure!(output.status == 0, "the launch of the array failed");
    serde_json::from_str(&output.stdout).context("failed to read the launch's JSON")
}
