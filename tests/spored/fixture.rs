//! One AWS on loopback for the tests of this program, hosts to run it on, and ways to look at it.

use serde_json::Value;
use spawn_test_support::{Aws, Process, Program, wait_until};
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::OnceCell;

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Emulators take a second to start, so the tests share them; each test looks at its own instances and traces only.
static AWS: OnceCell<Aws> = OnceCell::const_new();

pub(crate) async fn aws() -> &'static Aws {
    AWS.get_or_init(|| async {
        let aws = Aws::start().await.unwrap();
        assert_eq!(table(&aws, "spawn-job-arrays").await, "spawn-job-arrays");
        aws
    })
    .await
}

/// Makes a table for agents, as `spawn launch` does on a user's first launch.
pub(crate) async fn table(aws: &Aws, name: &str) -> Value {
    let code = "boto3.client('dynamodb').create_table(TableName='NAME', BillingMode='PAY_PER_REQUEST', \
                KeySchema=[{'AttributeName': 'PK', 'KeyType': 'HASH'}, {'AttributeName': 'SK', 'KeyType': 'RANGE'}], \
                AttributeDefinitions=[{'AttributeName': 'PK', 'AttributeType': 'S'}, {'AttributeName': 'SK', 'AttributeType': 'S'}])\
                ['TableDescription']['TableName']";
    aws.boto3(&code.replace("NAME", name)).await.unwrap()
}

/// A host of the user's own: a folder for its `local.yaml` and its socket, and a name of its own.
pub(crate) struct Host {
    folder: TempDir,
    envs: Vec<(String, String)>,
}

impl Host {
    /// With this `local.yaml`.
    pub(crate) fn with(yaml: &str) -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("local.yaml"), yaml).unwrap();
        Self { folder, envs: Vec::new() }
    }

    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.envs.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn aws(mut self, aws: &Aws) -> Self {
        self.envs.extend(aws.env());
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What programs on this host find around themselves.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let path = |name: &str| self.path(name).display().to_string();
        let own = [
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("HOME", self.folder.path().display().to_string()),
            ("SPAWN_CONFIG", path("local.yaml")),
            ("SPORED_SOCKET", path("control.sock")),
            ("SPORED_STATE", path("state")),
        ];
        own.map(|(name, value)| (name.to_owned(), value)).into_iter().chain(self.envs.clone()).collect()
    }

    /// `spored` on this host, off EC2.
    pub(crate) fn spored(&self) -> Program {
        Program::new(env!("CARGO_BIN_EXE_spored")).envs(self.environment())
    }

    /// Runs the agent until it has booted.
    pub(crate) async fn run(&self, args: &[&str]) -> Process {
        let agent = self.spored().arg("run").args(args).start().unwrap();
        until(&agent, "settings are known").await;
        agent
    }

    /// Runs a command on the host: its exit code, what it printed and what it said.
    pub(crate) async fn command(&self, args: &[&str]) -> (i32, String, String) {
        let output = self.spored().args(args).run().await.unwrap();
        (output.status, output.stdout, output.stderr)
    }

    /// What the agent says of itself.
    pub(crate) async fn status(&self) -> Value {
        let output = self.spored().args(["status", "-o", "json"]).run().await.unwrap();
        assert_eq!(output.status, 0, "{}", output.stderr);
        serde_json::from_str(&output.stdout).unwrap()
    }

    /// Asks for the status until it is as wanted.
    pub(crate) async fn status_when(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            let status = self.status().await;
            if wanted(&status) {
                return status;
            }
            assert!(std::time::Instant::now() < deadline, "no {what} in {status:#}");
        }
    }
}

/// Waits until the agent's log says it.
pub(crate) async fn until(agent: &Process, said: &str) {
    let heard =
        wait_until(&format!("{said:?} in the log"), PATIENCE, || agent.stderr().contains(said).then_some(())).await;
    heard.unwrap_or_else(|error| panic!("{error}: {}", agent.stderr()));
}

/// Stops the agent in good order and answers its whole log.
pub(crate) async fn stop(mut agent: Process) -> String {
    agent.signal("TERM").unwrap();
    assert_eq!(agent.wait(PATIENCE).await.unwrap(), 0, "{}", agent.stderr());
    agent.stderr()
}

/// The spans among the lines of a log, as the stdout exporter writes them.
pub(crate) fn spans(log: &str) -> Vec<Value> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter_map(|line| line.pointer("/resourceSpans/0/scopeSpans/0/spans/0").cloned()).collect()
}

/// The named span.
#[track_caller]
pub(crate) fn named<'a>(spans: &'a [Value], name: &str) -> &'a Value {
    spans.iter().find(|span| span["name"] == name).unwrap_or_else(|| panic!("no {name} in {spans:#?}"))
}

/// An attribute of a span in OTLP's JSON, as plain JSON.
pub(crate) fn attribute<'a>(span: &'a Value, key: &str) -> Option<&'a Value> {
    let attributes = span["attributes"].as_array()?;
    let found = attributes.iter().find(|attribute| attribute["key"] == key)?;
    found["value"].as_object()?.values().next()
}
