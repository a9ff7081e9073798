//! An agent to measure: on a host without a network, or on an instance whose metadata and AWS are on loopback.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The settings file that the guide gives, at full sampling: the most that tracing can take.
const LOCAL_YAML: &str = "\
observability:
  tracing:
    enabled: true
    exporter: xray
    sampling_rate: 1.0
";
/// The unit that the agent ships with: it is measured in the environment that this one gives it.
const UNIT: &str = include_str!("../../../packaging/spored.service");
/// The discard port. TLS, so that its parts are in memory as they are in production.
const NOBODY: &str = "https://127.0.0.1:9";
/// An agent that is not ready by then never will be.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often the socket is tried: the error of a measured time.
const LOOK_AGAIN: Duration = Duration::from_micros(200);

/// A running agent; it ends with this value, and its folder goes.
#[derive(Debug)]
pub(super) struct Agent {
    process: Child,
    folder: PathBuf,
    pub(super) ready_after: Duration,
}

/// Resident memory in millions of bytes.
#[derive(Debug, PartialEq)]
pub(super) struct Memory {
    pub(super) resident: f64,
    /// Pages that belong to this process alone.
    pub(super) own: f64,
    /// Pages of the program's file and of libraries, which the system can drop and read again.
    pub(super) file: f64,
}

impl Agent {
    /// Starts the agent where no network answers, and waits until its socket does.
    pub(super) fn alone(spored: &Path) -> Result<Self> {
        Self::start(spored, LOCAL_YAML, &[("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_ENDPOINT_URL", NOBODY)])
    }

    /// Starts the agent as on the instance of this metadata service, which has its settings in tags.
    pub(super) fn on_instance(spored: &Path, metadata: &str, aws: &str) -> Result<Self> {
        Self::start(spored, "", &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata), ("AWS_ENDPOINT_URL", aws)])
    }

    /// Starts the agent as on a host of one's own that works for this array, traced in full.
    pub(super) fn in_array(spored: &Path, array: &str, slots: usize, aws: &[(String, String)]) -> Result<Self> {
        let yaml = format!("job_array: {{id: {array}, slots: {slots}}}\n{LOCAL_YAML}");
        let world: Vec<(&str, &str)> = aws.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Self::start(spored, &yaml, &world)
    }

    fn start(spored: &Path, yaml: &str, world: &[(&str, &str)]) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("spawn-measure-{}", std::process::id()));
        std::fs::create_dir_all(&folder).with_context(|| format!("failed to make {}", folder.display()))?;
        let (config, socket) = (folder.join("local.yaml"), folder.join("spored.sock"));
        std::fs::write(&config, yaml).with_context(|| format!("failed to write {}", config.display()))?;
        let begun = Instant::now();
        let process = Command::new(spored)
            .arg("run")
            .env_clear()
            .envs(UNIT.lines().filter_map(|line| line.strip_prefix("Environment=")?.split_once('=')))
            .envs([("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "secret")])
            .envs(world.iter().copied())
            .env("HOME", &folder)
            .env("SPAWN_CONFIG", &config)
            .env("SPORED_SOCKET", &socket)
            .env("SPORED_STATE", folder.join("state"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("failed to start {}", spored.display()))?;
        let mut agent = Self { process, folder, ready_after: Duration::ZERO };
        while UnixStream::connect(&socket).is_err() {
            if let Some(status) = agent.process.try_wait().context("failed to look at the agent")? {
                bail!("the agent ended with {status} before it was ready");
            }
            ensure!(begun.elapsed() < PATIENCE, "the agent was not ready within {PATIENCE:?}");
            std::thread::sleep(LOOK_AGAIN);
        }
        agent.ready_after = begun.elapsed();
        Ok(agent)
    }

    /// Asks on the control socket; the answer's JSON.
    pub(super) fn ask(&self, method: &str, path: &str) -> Result<Value> {
        let mut stream = UnixStream::connect(self.folder.join("spored.sock")).context("failed to reach the agent")?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "{method} {path} HTTP/1.1\r\nhost: spored\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).with_context(|| format!("no whole answer to {method} {path}"))?;
        let (head, body) = answer.split_once("\r\n\r\n").context("the agent does not speak HTTP")?;
        ensure!(head.starts_with("HTTP/1.1 200"), "{method} {path}: {body}");
        serde_json::from_str(body).with_context(|| format!("failed to read the answer to {method} {path}"))
    }

    /// Waits until the status is as wanted.
    pub(super) fn until(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<()> {
        let begun = Instant::now();
        while !wanted(&self.ask("GET", "/status")?) {
            ensure!(begun.elapsed() < PATIENCE, "no {what} within {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// What it holds in memory now.
    pub(super) fn memory(&self) -> Result<Memory> {
        let path = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(&path).with_context(|| format!("failed to read {path}"))?;
        memory(&status).with_context(|| format!("failed to find the memory in {path}"))
    }

    /// The time that its threads have spent on a CPU so far; those that have ended are not in it.
    pub(super) fn cpu_time(&self) -> Result<Duration> {
        let tasks = format!("/proc/{}/task", self.process.id());
        let mut nanoseconds = 0;
        for task in std::fs::read_dir(&tasks).with_context(|| format!("failed to read {tasks}"))? {
            let text = std::fs::read_to_string(task?.path().join("schedstat")).context("failed to read schedstat")?;
            let time = text.split(' ').next().and_then(|time| time.parse::<u64>().ok());
            nanoseconds += time.with_context(|| format!("schedstat says {text}"))?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // Whatever has ended already needs no end, and a folder that stays is no harm.
        drop(self.process.kill());
        drop(self.process.wait());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

fn memory(status: &str) -> Option<Memory> {
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kibibytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kibibytes * 1_024.0 / 1e6)
    };
    Some(Memory { resident: field("VmRSS:")?, own: field("RssAnon:")?, file: field("RssFile:")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_as_linux_tells_it() {
        let status = "Name:\tspored\nVmRSS:\t   12500 kB\nRssAnon:\t    2500 kB\nRssFile:\t   10000 kB\n";
        assert_eq!(memory(status), Some(Memory { resident: 12.8, own: 2.56, file: 10.24 }));
        assert_eq!(memory("Name:\tspored\n"), None);
    }
}
