//! `cargo demo`: the main job on real input, with AWS on loopback, and everything that it leaves to look at.

mod array;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use spawn_test_support::programs::Output;
use spawn_test_support::{Aws, MachineRoom, Process, Program, wait_until};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The settings file of the on-premises host: the one that the guide gives, at full sampling.
const LOCAL_YAML: &str = "\
observability:
  tracing:
    enabled: true
    exporter: xray
    sampling_rate: 1.0
";
/// Where the agent of the on-premises host listens, in the demo's folder.
const ON_PREMISES_SOCKET: &str = "on-premises.sock";
/// An emulator answers in milliseconds; a machine under load may take longer.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn run() -> Result<()> {
    let programs = build().await?;
    let folder = programs.with_file_name("demo");
    std::fs::create_dir_all(&folder).with_context(|| format!("failed to make {}", folder.display()))?;

    say("AWS on loopback: moto (EC2, IAM, X-Ray) and ministack (DynamoDB, S3, SQS)");
    let aws = Aws::start().await?;
    let room = MachineRoom::start(&aws, &programs.join("spored"), &[])?;

    setup(&aws, &programs).await?;
    let launched = launch(&aws, &programs).await?;
    say("an on-premises agent, with the tracing-only local.yaml of the guide");
    let mut local = on_premises(&aws, &programs, &folder)?;
    wait_until("the on-premises agent to start", PATIENCE, || {
        local.stderr().contains("settings are known").then_some(())
    })
    .await?;

    say("the agent reads its tags and registers; it ends the instance at its time to live");
    room.wait_for_log(&launched.instance_id, PATIENCE, |log| log.contains("registered").then_some(())).await?;
    status(&aws, &programs, &room.socket(&launched.instance_id)).await?;
    refused_call(&aws, &programs).await?;
    let array = array::run(&aws, &room, &programs, &folder.join(ON_PREMISES_SOCKET)).await?;
    room.wait_for_exit(&launched.instance_id, PATIENCE).await?;
    local.signal("TERM")?;
    local.wait(PATIENCE).await?;

    show_traces(&aws, &programs, &folder, &launched.trace_id, &array).await?;
    std::fs::write(folder.join("spored-ec2.log"), room.log(&launched.instance_id))?;
    let of_array: Vec<String> = array.instance_ids.iter().map(|id| room.log(id)).collect();
    std::fs::write(folder.join("spored-array.log"), of_array.concat())?;
    std::fs::write(folder.join("spored-on-premises.log"), local.stderr())?;
    say("everything is still there to look at");
    show(&format!("  {}\n", folder.display()));
    show("    array.html               the array's trace as a page: open it in a browser\n");
    show("    traces.json              the X-Ray documents, as BatchGetTraces returned them\n");
    show("    spored-ec2.log           the agent of the EC2 instance\n");
    show("    spored-array.log         the agents of the array's instances, one after the other\n");
    show("    spored-on-premises.log   the agent beside them\n");
    Ok(())
}

/// What the launch gave.
struct Started {
    instance_id: String,
    trace_id: String,
}

/// Builds both programs; answers the folder that they are in.
async fn build() -> Result<PathBuf> {
    say("building spawn and spored (the first time takes minutes: the AWS SDK is large)");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = tokio::process::Command::new(cargo)
        .args(["build", "--quiet", "--workspace", "--bins"])
        .stdin(std::process::Stdio::null())
        .status()
        .await
        .context("failed to run cargo")?;
    ensure!(built.success(), "the build failed");
    let own = std::env::current_exe().context("failed to find the build's folder")?;
    Ok(own.parent().context("a program is in a folder")?.to_owned())
}

fn on_premises(aws: &Aws, programs: &Path, folder: &Path) -> Result<Process> {
    let config = folder.join("local.yaml");
    std::fs::write(&config, LOCAL_YAML)?;
    let state = folder.join("on-premises-state");
    if state.exists() {
        // An earlier demo's agent may have been in the midst of something.
        std::fs::remove_dir_all(&state)?;
    }
    Program::new(programs.join("spored"))
        .args(["run", "--log-format", "human"])
        .envs(aws.env())
        .env("SPAWN_CONFIG", &config)
        .env("SPORED_SOCKET", folder.join(ON_PREMISES_SOCKET))
        .env("SPORED_STATE", state)
        .start()
}

async fn setup(aws: &Aws, programs: &Path) -> Result<()> {
    let output =
        command(Program::new(programs.join("spawn")).arg("setup").envs(aws.env()), "spawn", &["setup"]).await?;
    ensure!(output.status == 0, "the setup failed");
    Ok(())
}

async fn launch(aws: &Aws, programs: &Path) -> Result<Started> {
    let line = [
        "launch",
        "--instance-type",
        "t3.micro",
        "--tag",
        "spawn:tracing-enabled=true",
        "--tag",
        "spawn:tracing-exporter=xray",
        "--tag",
        "spawn:tracing-sampling=1.0",
        "--ttl",
        "8s",
        "--wait",
        "agent",
        "-o",
        "json",
    ];
    let output = command(Program::new(programs.join("spawn")).args(line).envs(aws.env()), "spawn", &line).await?;
    ensure!(output.status == 0, "the launch failed");
    let answer: Value = serde_json::from_str(&output.stdout).context("failed to read the launch's JSON")?;
    let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    Ok(Started {
        instance_id: text("/instances/0/instance_id").context("the launch named no instance")?,
        trace_id: text("/trace_id").context("the launch named no trace")?,
    })
}

async fn status(aws: &Aws, programs: &Path, socket: &Path) -> Result<()> {
    let program = Program::new(programs.join("spored")).arg("status").envs(aws.env()).env("SPORED_SOCKET", socket);
    command(program, "spored", &["status"]).await?;
    Ok(())
}

/// A call that AWS refuses, so that there is an error to look at.
async fn refused_call(aws: &Aws, programs: &Path) -> Result<()> {
    let line = ["terminate", "--yes", "i-0123456789abcdef0"];
    let traced = [("TRACING_ENABLED", "true"), ("OTEL_TRACES_SAMPLER", "always_on")];
    let program = Program::new(programs.join("spawn")).args(line).envs(aws.env()).envs(traced);
    let output = command(program, "spawn", &line).await?;
    ensure!(output.status == 1, "EC2 should have refused an unknown instance");
    Ok(())
}

async fn command(program: Program, name: &str, line: &[&str]) -> Result<Output> {
    say(&format!("$ {name} {}", folded(line)));
    let output = program.run().await?;
    show(&output.stdout);
    show(&output.stderr);
    Ok(output)
}

/// The words of a command, on more lines than one where one is too short for a terminal.
fn folded(words: &[&str]) -> String {
    let mut lines = vec![String::new()];
    for word in words.iter().map(|word| quoted(word)) {
        let last = lines.len() - 1;
        if word.starts_with('-') && lines[last].len() + word.len() > 50 {
            lines[last].push('\\');
            lines.push(format!("     {word} "));
        } else {
            lines[last].push_str(&word);
            lines[last].push(' ');
        }
    }
    lines.join("\n").trim_end().to_owned()
}

/// A word as a shell takes it; none of the demo's has an apostrophe.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{word}'") }
}

async fn show_traces(aws: &Aws, programs: &Path, folder: &Path, launch: &str, array: &array::Done) -> Result<()> {
    let traces = aws.traces(&[]).await?;
    let mut documents = traces.iter().filter(|trace| is_trace(trace, launch)).flat_map(documents);
    let one = documents.find(|document| document.pointer("/aws/operation") == Some(&"RunInstances".into()));
    let document = one.context("the launch's trace has no RunInstances: nothing was delivered")?;
    std::fs::write(folder.join("traces.json"), serde_json::to_string_pretty(&traces)?)?;
    say("one document of a trace, whole, as X-Ray's BatchGetTraces returned it");
    show(&(serde_json::to_string_pretty(&document)? + "\n"));
    say("the traces, as spawn reads them back from X-Ray");
    let list = look(aws, programs, &["trace", "list"]).await?;
    ensure!(list.lines().count() > 3, "X-Ray knows fewer traces than were made");
    look(aws, programs, &["trace", "show", launch]).await?;
    look(aws, programs, &["trace", "map", &array.trace_id]).await?;
    say("the array's trace: the launch at the terminal, the tasks wherever they ran, the second attempt of demo[3]");
    let drawn = look(aws, programs, &["trace", "show", &array.trace_id]).await?;
    ensure!(drawn.contains("task demo["), "the array's trace lacks its tasks");
    let map = look(aws, programs, &["trace", "array", array.name]).await?;
    ensure!(map.contains("run"), "the array's heat map lacks the phases");
    let page = folder.join("array.html").display().to_string();
    look(aws, programs, &["trace", "show", &array.trace_id, "--html", &page]).await?;
    Ok(())
}

/// A command that looks at traces; what it prints.
async fn look(aws: &Aws, programs: &Path, line: &[&str]) -> Result<String> {
    let output = command(Program::new(programs.join("spawn")).args(line).envs(aws.env()), "spawn", line).await?;
    ensure!(output.status == 0, "spawn {} failed", line.join(" "));
    Ok(output.stdout)
}

/// Whether this is the trace of that W3C id, which X-Ray writes with hyphens.
fn is_trace(trace: &Value, id: &str) -> bool {
    trace["Id"].as_str().is_some_and(|own| own.replace('-', "").ends_with(id))
}

fn documents(trace: &Value) -> Vec<Value> {
    let segments = trace["Segments"].as_array().into_iter().flatten();
    segments.map(|segment| segment["Document"].clone()).collect()
}

fn say(what: &str) {
    show(&format!("\n== {what}\n"));
}

#[expect(clippy::print_stdout, reason = "the demo's text is its product")]
fn show(text: &str) {
    print!("{text}");
}
