//! What a span costs from its end until X-Ray has it, through the spool on disk and the sender, beside a public agent.

use super::output;
use crate::figures::{Figures, show};
use anyhow::{Context, Result};
use spawn_test_support::Rotel;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// Spans of a run at full speed, and of one at a rate.
const SPANS: (u32, u32) = (300_000, 50_000);
/// Spans a second of the runs at a rate: what the OpenTelemetry Collector's own tests run at.
const RATE: u32 = 10_000;
/// Spans that the end of is timed one by one.
const TIMED: u32 = 50_000;
/// Spans a second that must go through.
const THROUGHPUT: f64 = 50_000.0;
/// µs of CPU that a span may cost, and percent of one core at [`RATE`].
const CPU: (f64, f64) = (6.0, 10.0);
/// Millions of bytes that may be resident.
const RESIDENT: f64 = 20.0;
/// Nanoseconds that the end of a span may take its caller at the 99th percentile.
const APPEND: u64 = 20_000;
/// The public agent gets this long to pass on what it has taken.
const PATIENCE: Duration = Duration::from_secs(60);

/// One run: spans a second, µs of CPU for each, millions of bytes resident at most.
struct Run {
    rate: f64,
    cpu: f64,
    resident: f64,
}

pub(super) fn run(bench: &Path, figures: &mut Figures) -> Result<()> {
    let program = bench.with_file_name("spawn-bench-delivery");
    show("\nspans through the spool and to X-Ray on loopback: a second, µs of CPU each, MB resident\n\n");
    let end = End::start(&program)?;
    let fast = ours(&program, &["xray", &end.url, &SPANS.0.to_string(), "0"])?;
    figures.gated(&row("as fast as they go", &fast), -fast.rate, -THROUGHPUT, "at least 50000/s");
    let steady = ours(&program, &["xray", &end.url, &SPANS.1.to_string(), &RATE.to_string()])?;
    figures.gated(&row("10,000 a second", &steady), steady.cpu, CPU.0, "at most 6 µs");
    let core = steady.cpu * f64::from(RATE) / 1e4;
    figures.gated(&format!("{:<30} {core:>8.1} % of a core", ""), core, CPU.1, "at most 10 %");
    let outage = ours(&program, &["outage", &SPANS.1.to_string(), &RATE.to_string()])?;
    figures.gated(&row("the same, X-Ray away", &outage), outage.resident, RESIDENT, "at most 20 MB");
    figures.gated(
        &row("resident, of all of these", &fast),
        fast.resident.max(steady.resident),
        RESIDENT,
        "at most 20 MB",
    );
    drop(end);
    let peer = rotel(&program)?;
    show(&format!("{}\n", row("rotel, from OTLP to X-Ray", &peer)));
    show("\nthe end of a span as its caller sees it, with the spool on disk: ns\n\n");
    let answer = output(&program, &["append", &TIMED.to_string()])?;
    let times: Vec<u64> = answer.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [median, most, worst] = times[..] else { anyhow::bail!("failed to read the benchmark's times: {answer}") };
    let row = format!("median {median}, 99th percentile {most}, longest {worst}");
    figures.gated(&row, most, APPEND, "at most 20000");
    Ok(())
}

fn ours(program: &Path, words: &[&str]) -> Result<Run> {
    let answer = output(program, words)?;
    let numbers: Vec<f64> = answer.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [rate, cpu, most, _] = numbers[..] else { anyhow::bail!("failed to read the benchmark's run: {answer}") };
    Ok(Run { rate, cpu, resident: most * 1_024.0 / 1e6 })
}

/// The public agent: its own CPU time, while another process sends it the same spans over OTLP.
fn rotel(program: &Path) -> Result<Run> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut end = End::start(program)?;
    let agent = runtime.block_on(Rotel::to_xray(&end.url))?;
    let process = PathBuf::from(format!("/proc/{}", agent.pid()));
    let (begun, before) = (Instant::now(), cpu(&process)?);
    output(program, &["load", agent.http_endpoint(), &SPANS.1.to_string(), &RATE.to_string()])?;
    let mut arrived = end.count()?;
    while arrived < u64::from(SPANS.1) && begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(50));
        arrived = end.count()?;
    }
    let (taken, cpu) = (begun.elapsed().as_secs_f64(), cpu(&process)? - before);
    let spans = arrived.max(1) as f64;
    Ok(Run { rate: spans / taken, cpu: cpu.as_secs_f64() * 1e6 / spans, resident: peak(&process)? })
}

/// CPU time of all threads of a process.
fn cpu(process: &Path) -> Result<Duration> {
    let mut sum = 0;
    for task in fs::read_dir(process.join("task")).context("failed to find the agent's threads")?.flatten() {
        let told = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        sum += told.split(' ').next().and_then(|word| word.parse::<u64>().ok()).unwrap_or_default();
    }
    Ok(Duration::from_nanos(sum))
}

fn peak(process: &Path) -> Result<f64> {
    let status = fs::read_to_string(process.join("status")).context("failed to read the agent's memory")?;
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("the kernel tells no memory")?;
    let kibibytes: f64 = most.trim().trim_end_matches(" kB").parse().context("failed to read the agent's memory")?;
    Ok(kibibytes * 1_024.0 / 1e6)
}

fn row(meaning: &str, run: &Run) -> String {
    format!("{meaning:<30} {:>8.0} {:>7.2} {:>6.1}", run.rate, run.cpu, run.resident)
}

/// The process that takes spans.
struct End {
    process: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
    url: String,
}

impl End {
    fn start(program: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        let mut process = command.arg("end").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let ask = process.stdin.take().context("the end has no input")?;
        let mut answers = BufReader::new(process.stdout.take().context("the end has no output")?);
        let mut url = String::new();
        answers.read_line(&mut url)?;
        Ok(Self { process, ask, answers, url: url.trim().to_owned() })
    }

    /// Documents that have come.
    fn count(&mut self) -> Result<u64> {
        self.ask.write_all(b"\n")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        answer.trim().parse().context("failed to read how many documents have come")
    }
}

impl Drop for End {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
