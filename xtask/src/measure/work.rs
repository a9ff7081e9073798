//! An agent at work: 1,000 tasks that do nothing, launched from the terminal, and how long the next task waits.
//!
//! The AWS end is the emulators of the tests, which take longer for a call than AWS does for a region's own hosts and
//! share this machine's cores: what is gated is the agent's own part.

use super::agent::Agent;
use crate::figures::{Figures, show};
use anyhow::{Context, Result, ensure};
use spawn_test_support::{Aws, Program};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Tasks of the large array, and those at once.
const TASKS: usize = 1_000;
const SLOTS: usize = 8;
/// Tasks one after the other, whose starts are timed.
const ONE_BY_ONE: usize = 100;
/// Most CPU time of the agent for a task.
const CPU: Duration = Duration::from_millis(2);
/// Most time from the end of a task to the start of the next one's process: completing, receiving, claiming, starting.
const BETWEEN: Duration = Duration::from_millis(50);
/// Most memory that 900 more tasks add, in MB of a million bytes.
const GROWTH: f64 = 1.0;
/// The arrays' end comes within this, or never.
const PATIENCE: Duration = Duration::from_secs(300);

/// Measures the agent beside the `spawn` of the same build.
pub(super) fn measure(spored: &Path, figures: &mut Figures) -> Result<()> {
    let spawn = spored.with_file_name("spawn");
    ensure!(spawn.exists(), "{} does not exist: it launches the arrays", spawn.display());
    let runtime = Runtime::new().context("failed to start the async runtime")?;
    let aws = runtime.block_on(Aws::start())?;
    runtime.block_on(set_up(&spawn, &aws))?;
    between(spored, &spawn, &aws, &runtime, figures)?;
    many(spored, &spawn, &aws, &runtime, figures)
}

/// One slot, so that the times between starts are those that the agent takes.
fn between(spored: &Path, spawn: &Path, aws: &Aws, runtime: &Runtime, figures: &mut Figures) -> Result<()> {
    let starts = std::env::temp_dir().join(format!("spawn-measure-starts-{}", std::process::id()));
    std::fs::write(&starts, "").with_context(|| format!("failed to write {}", starts.display()))?;
    let note = format!("date +%s%N >> {}", starts.display());
    let array = runtime.block_on(launch(spawn, aws, "starts", ONE_BY_ONE, &["/bin/sh", "-c", &note]))?;
    let agent = Agent::in_array(spored, &array, 1, &aws.env())?;
    until_done(&agent, ONE_BY_ONE)?;
    let text = std::fs::read_to_string(&starts).with_context(|| format!("failed to read {}", starts.display()))?;
    std::fs::remove_file(&starts)?;
    let times = text.lines().map(str::parse::<u64>).collect::<Result<Vec<u64>, _>>().context("a start is no number")?;
    let mut between: Vec<u64> = times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
    between.sort_unstable();
    let median = Duration::from_nanos(*between.get(between.len() / 2).context("there was more than one task")?);
    let row = format!("{:<28} {:>6.1} ms", "from task to task, median", median.as_secs_f64() * 1_000.0);
    figures.gated(&row, median, BETWEEN, &format!("at most {} ms", BETWEEN.as_millis()));
    Ok(())
}

fn many(spored: &Path, spawn: &Path, aws: &Aws, runtime: &Runtime, figures: &mut Figures) -> Result<()> {
    let array = runtime.block_on(launch(spawn, aws, "many", TASKS, &["/bin/true"]))?;
    let agent = Agent::in_array(spored, &array, SLOTS, &aws.env())?;
    until_done(&agent, TASKS / 10)?;
    let (early, cpu, begun) = (agent.memory()?, agent.cpu_time()?, Instant::now());
    let done = ended(&agent)?;
    until_done(&agent, TASKS)?;
    let (late, tasks, took) = (agent.memory()?, TASKS - done, begun.elapsed());
    let each = agent.cpu_time()?.saturating_sub(cpu) / u32::try_from(tasks.max(1)).unwrap_or(u32::MAX);
    let row = format!("{:<28} {:>6.2} ms", "CPU of the agent a task", each.as_secs_f64() * 1_000.0);
    figures.gated(&row, each, CPU, &format!("at most {} ms", CPU.as_millis()));
    let growth = late.resident - early.resident;
    let row = format!("{:<28} {growth:>6.1} MB", format!("more memory after {tasks} tasks"));
    figures.gated(&row, growth, GROWTH, &format!("at most {GROWTH} MB"));
    show(&format!(
        "  {:.0} tasks a second over {SLOTS} slots, {:.1} MB resident\n",
        tasks as f64 / took.as_secs_f64(),
        late.resident
    ));
    Ok(())
}

async fn set_up(spawn: &Path, aws: &Aws) -> Result<()> {
    let output = Program::new(spawn).arg("setup").envs(aws.env()).run().await?;
    ensure!(output.status == 0, "spawn setup failed: {}", output.stderr);
    Ok(())
}

/// Launches an array and answers its id; its instance exists for the emulator only.
async fn launch(spawn: &Path, aws: &Aws, name: &str, tasks: usize, command: &[&str]) -> Result<String> {
    let tasks = tasks.to_string();
    let line = ["launch", "--instance-type", "t3.micro", "--job-array-name", name, "--tasks", &tasks];
    let program = Program::new(spawn).args(line).args(["-o", "json", "--"]).args(command).envs(aws.env());
    let output = program.run().await?;
    ensure!(output.status == 0, "spawn launch failed: {}", output.stderr);
    let answer: serde_json::Value = serde_json::from_str(&output.stdout).context("failed to read the launch's JSON")?;
    Ok(answer["array_id"].as_str().context("the launch named no array")?.to_owned())
}

/// Tasks that have succeeded at this agent, by its status.
fn ended(agent: &Agent) -> Result<usize> {
    let count = agent.ask("GET", "/status")?["work"]["made"]["succeeded"].as_u64().unwrap_or_default();
    usize::try_from(count).context("a count of tasks")
}

fn until_done(agent: &Agent, tasks: usize) -> Result<()> {
    let begun = Instant::now();
    while ended(agent)? < tasks {
        ensure!(begun.elapsed() < PATIENCE, "{} of {tasks} tasks have ended within {PATIENCE:?}", ended(agent)?);
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
