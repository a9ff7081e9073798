//! One host of the storm: its agent is started, made to make spans, killed, and started again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use spawn_delivery::spool::{Fate, Totals, account};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::process::Process;
use crate::programs::Program;

/// How long an agent may take to boot, and to come to rest after the storm.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two requests; an agent in a storm makes about fifty spans a second.
const PAUSE: Duration = Duration::from_millis(20);

const SETTINGS: &str = "observability: {tracing: {enabled: true, exporter: xray, sampling_rate: 1.0}}\n";

/// A host and how often its agent has lived.
#[derive(Debug)]
pub(super) struct Agent {
    program: PathBuf,
    number: usize,
    back_end: String,
    folder: TempDir,
    random: u64,
    lived: Lived,
}

/// What a host has seen.
#[derive(Debug, Default)]
pub(super) struct Lived {
    pub(super) lives: u64,
    /// Traces of requests that were answered.
    pub(super) made: Vec<String>,
    pub(super) ledger: BTreeMap<String, u64>,
    pub(super) unbalanced: Vec<String>,
    /// Of all lives, by the spool's own account.
    pub(super) spooled: Totals,
}

impl Agent {
    pub(super) fn new(program: &Path, number: usize, back_end: &str, seed: u64) -> Result<Self> {
        let folder = TempDir::with_prefix("storm-")?;
        fs::write(folder.path().join("local.yaml"), SETTINGS)?;
        let random = (seed << 16) + number as u64 + 1;
        let (program, back_end) = (program.to_owned(), back_end.to_owned());
        Ok(Self { program, number, back_end, folder, random, lived: Lived::default() })
    }

    /// Lives and is killed until then, and then once more in peace.
    pub(super) async fn live_until(mut self, end: Instant) -> Result<Lived> {
        while Instant::now() < end {
            let mut agent = self.start()?;
            // From in the middle of the boot to some hundred spans later.
            let death = Instant::now() + Duration::from_millis(20 + self.chance(2_500));
            while Instant::now() < death.min(end) {
                self.make_a_span().await;
                tokio::time::sleep(PAUSE).await;
            }
            agent.signal("KILL")?;
            agent.wait(PATIENCE).await?;
            self.lived.lives += 1;
        }
        let mut agent = self.start()?;
        let status = self.rest(&agent).await?;
        let number = self.number;
        self.lived.unbalanced.extend(unbalanced(&status).map(|why| format!("agent {number}: {why}")));
        self.lived.ledger = ledger(&status);
        self.lived.lives += 1;
        agent.signal("TERM")?;
        agent.wait(PATIENCE).await?;
        let spooled = account(&self.folder.path().join("state/spool")).context("read a spool's account")?;
        let delivered = spooled.done.get(&Fate::DELIVERED).copied().unwrap_or_default();
        if delivered != spooled.created {
            self.lived.unbalanced.push(format!("spool of agent {number}, all lives: {spooled:?}"));
        }
        self.lived.spooled = spooled;
        Ok(self.lived)
    }

    fn start(&self) -> Result<Process> {
        let path = |name: &str| self.folder.path().join(name);
        Program::new(&self.program)
            .args(["run", "--heartbeat", "1s"])
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ENDPOINT_URL", &self.back_end)
            .env("HOME", self.folder.path())
            .env("SPAWN_CONFIG", path("local.yaml"))
            .env("SPORED_SOCKET", path("control.sock"))
            .env("SPORED_STATE", path("state"))
            .start()
    }

    /// A request that makes a span of a trace that nobody else has.
    async fn make_a_span(&mut self) {
        let seconds = std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
        // The number keeps the traces of hosts apart, and the count those of one host.
        let trace = format!(
            "{seconds:08x}{:08x}{:016x}",
            self.number + 1,
            self.lived.made.len() as u64 + self.chance(1 << 40) * 4096
        );
        let request = format!(
            "PUT /config/no-such-key HTTP/1.1\r\nhost: storm\r\ntraceparent: 00-{trace}-{:016x}-01\r\ncontent-length: 13\r\n\r\n{{\"value\":\"x\"}}",
            self.chance(u64::MAX) | 1,
        );
        // Who is not there, or ends in the middle, has promised nothing.
        if let Ok(answer) = self.say(&request).await {
            // Refused for now: its settings are not known.
            if answer.starts_with("HTTP/1.1 404") {
                self.lived.made.push(trace);
            }
        }
    }

    /// Waits until nothing waits for delivery any more; answers the status then.
    async fn rest(&self, agent: &Process) -> Result<Value> {
        let deadline = Instant::now() + PATIENCE;
        let mut status = Value::Null;
        while Instant::now() < deadline {
            if let Ok(answer) = self.say("GET /status HTTP/1.1\r\nhost: storm\r\n\r\n").await {
                let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
                status = serde_json::from_str(body).unwrap_or_default();
                if is_at_rest(&status, &self.folder.path().join("state/spool")) {
                    return Ok(status);
                }
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        bail!("wait {PATIENCE:?} until agent {} has delivered everything: {status:#}{}", self.number, agent.said())
    }

    async fn say(&self, request: &str) -> Result<String> {
        let talk = async {
            let mut stream = UnixStream::connect(self.folder.path().join("control.sock")).await?;
            stream.write_all(request.as_bytes()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            anyhow::Ok(answer)
        };
        tokio::time::timeout(Duration::from_secs(5), talk).await.context("wait for an answer")?
    }

    fn chance(&mut self, below: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 8) % below
    }
}

/// Nothing waits in this agent, and no writer of before has left anything.
fn is_at_rest(status: &Value, spool: &Path) -> bool {
    // The one folder is the agent's own.
    let writers = fs::read_dir(spool).map_or(0, |entries| {
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.filter(|name| name.matches('-').count() == 2).count()
    });
    status["state"] == "running" && status["tracing"]["counters"]["queued"] == 0 && writers <= 1
}

/// What is wrong with an account.
fn unbalanced(status: &Value) -> Option<String> {
    let counters = &status["tracing"]["counters"];
    let number = |name: &str| counters[name].as_u64().unwrap_or_default();
    let dropped: u64 = counters["dropped"].as_object()?.values().filter_map(Value::as_u64).sum();
    let made = number("created") + number("recovered");
    let gone = number("exported") + number("queued") + dropped;
    (made != gone).then(|| format!("{made} made or recovered, {gone} gone or queued: {counters}"))
}

/// What became of the spans of this life.
fn ledger(status: &Value) -> BTreeMap<String, u64> {
    let counters = &status["tracing"]["counters"];
    let numbers = |object: &Value| {
        let pairs = object.as_object().into_iter().flatten();
        pairs.filter_map(|(name, number)| Some((name.clone(), number.as_u64()?))).collect::<BTreeMap<_, _>>()
    };
    numbers(counters).into_iter().chain(numbers(&counters["dropped"])).collect()
}
