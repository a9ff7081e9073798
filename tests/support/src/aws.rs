//! AWS on loopback: moto for EC2, STS, IAM, SSM and X-Ray, ministack for DynamoDB, S3, SQS, SNS, Lambda,
//! EventBridge and Step Functions.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use http::Request;
use serde_json::Value;
use tempfile::TempDir;

use crate::http_call::{call, get_json};
use crate::process::Process;
use crate::programs::Program;
use crate::python::{Environments, Requirements, script};

mod rights;

pub use rights::{RecordedCall, UserKey};

/// The account that every emulated call is made in.
pub const ACCOUNT_ID: &str = "123456789012";

/// The region that every emulated call is made in unless it says otherwise.
pub const REGION: &str = "us-east-1";

/// Credentials that are worth nothing. ministack knows them as the account's own, and checks signed links against them.
const ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// An emulator answers within two seconds; a machine that compiles at the same time may need several times that.
const START: Duration = Duration::from_secs(60);

/// The two emulators; they end when this value is dropped.
#[derive(Debug)]
pub struct Aws {
    moto: Process,
    moto_url: String,
    ministack: Process,
    ministack_url: String,
    environments: Environments,
}

impl Aws {
    /// Starts both emulators, empty, and installs them first when this build has not done so yet.
    ///
    /// # Errors
    /// When they cannot be installed or started.
    pub async fn start() -> Result<Self> {
        Self::start_in(Environments::of_this_build()).await
    }

    /// Starts both emulators out of the given environments.
    ///
    /// # Errors
    /// When they cannot be installed or started.
    pub async fn start_in(environments: Environments) -> Result<Self> {
        let (mut moto, mut ministack) = tokio::try_join!(
            start(environments.clone(), Requirements::Moto, "moto_server.py"),
            start(environments.clone(), Requirements::Ministack, "ministack_server.py"),
        )?;
        let (moto_port, ministack_port) = tokio::try_join!(port(&mut moto, "port"), port(&mut ministack, "port"))?;
        Ok(Self {
            moto,
            moto_url: format!("http://127.0.0.1:{moto_port}"),
            ministack,
            ministack_url: format!("http://127.0.0.1:{ministack_port}"),
            environments,
        })
    }

    /// The environment variables that send an AWS SDK here, with credentials that are worth nothing.
    pub fn env(&self) -> Vec<(String, String)> {
        let (moto, ministack) = (self.moto_url.as_str(), self.ministack_url.as_str());
        [
            ("AWS_ENDPOINT_URL", moto),
            ("AWS_ENDPOINT_URL_DYNAMODB", ministack),
            ("AWS_ENDPOINT_URL_S3", ministack),
            ("AWS_ENDPOINT_URL_SQS", ministack),
            ("AWS_ENDPOINT_URL_LAMBDA", ministack),
            ("AWS_ENDPOINT_URL_SNS", ministack),
            ("AWS_ENDPOINT_URL_EVENTBRIDGE", ministack),
            ("AWS_ENDPOINT_URL_SFN", ministack),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
            ("AWS_REGION", REGION),
            ("AWS_DEFAULT_REGION", REGION), // The name that boto3 reads.
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    /// Where EC2, STS, IAM, SSM and X-Ray answer.
    pub fn moto_url(&self) -> &str {
        &self.moto_url
    }

    /// Where DynamoDB, S3, SQS, SNS, Lambda, EventBridge and Step Functions answer, and an IAM of its own that simulates, which moto's does not.
    pub fn ministack_url(&self) -> &str {
        &self.ministack_url
    }

    /// Every X-Ray document that was taken, as it arrived, trace by trace in the order of their start.
    ///
    /// # Errors
    /// When moto does not answer, or a document is not JSON.
    pub async fn xray_documents(&self) -> Result<Vec<Value>> {
        let texts: Vec<String> = serde_json::from_value(self.view("segments").await?)?;
        texts.iter().map(|text| serde_json::from_str(text).context("read an X-Ray document")).collect()
    }

    /// Every call of X-Ray's PutTelemetryRecords, as it arrived.
    ///
    /// # Errors
    /// When moto does not answer.
    pub async fn xray_telemetry(&self) -> Result<Vec<Value>> {
        Ok(serde_json::from_value(self.view("telemetry").await?)?)
    }

    /// Traces as BatchGetTraces gives them to boto3, with each `Document` parsed; all that there are when `ids` is empty.
    ///
    /// # Errors
    /// When an emulator or boto3 fails.
    pub async fn traces(&self, ids: &[&str]) -> Result<Vec<Value>> {
        let mut ids: Vec<String> = ids.iter().map(|&id| id.to_owned()).collect();
        if ids.is_empty() {
            ids = self.trace_ids().await?;
        }
        let program = self.python().await?.arg(script("read_traces.py")).args(ids);
        Ok(serde_json::from_value(printed(program).await?)?)
    }

    /// The ids of all traces, in the order of their first document.
    ///
    /// # Errors
    /// When moto does not answer.
    pub async fn trace_ids(&self) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        for document in self.xray_documents().await? {
            let id = document["trace_id"].as_str().context("find a document's trace_id")?.to_owned();
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Ok(ids)
    }

    /// Runs Python with `boto3` and `json` at hand against the emulators: the independent check. The value is that of the
    /// last line's expression, as JSON; what JSON has no form for, such as an instant, becomes its text.
    ///
    /// # Errors
    /// When the code raises; the error shows the traceback.
    pub async fn boto3(&self, code: &str) -> Result<Value> {
        let folder = TempDir::new()?;
        let file = folder.path().join("check.py");
        std::fs::write(&file, code)?;
        printed(self.python().await?.arg(script("evaluate.py")).arg(file)).await
    }

    /// Empties both emulators.
    ///
    /// # Errors
    /// When one does not answer.
    pub async fn reset(&self) -> Result<()> {
        for url in [format!("{}/moto-api/reset", self.moto_url), format!("{}/_ministack/reset", self.ministack_url)] {
            let response = call(Request::post(&url).body(Bytes::new())?).await?;
            ensure!(response.status().is_success(), "reset {url}: {}", response.status());
        }
        Ok(())
    }

    /// What the emulators have written, for the error of a test that cannot explain itself.
    pub fn logs(&self) -> String {
        format!("moto{}\nministack{}", self.moto.said(), self.ministack.said())
    }

    pub(crate) async fn view(&self, name: &str) -> Result<Value> {
        get_json(&format!("{}/spawn-test/{name}", self.moto_url)).await
    }

    async fn python(&self) -> Result<Program> {
        Ok(Program::new(python(self.environments.clone(), Requirements::Moto).await?).envs(self.env()))
    }
}

async fn start(environments: Environments, requirements: Requirements, server: &str) -> Result<Process> {
    Program::new(python(environments, requirements).await?)
        .arg(script(server))
        // The images that moto knows by default take it seconds to load, and any image id is taken without them.
        .env("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        .env("MINISTACK_HOST", "127.0.0.1")
        .env("MINISTACK_ACCOUNT_ID", ACCOUNT_ID)
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        .env("SERVICES", "dynamodb,s3,sqs,sns,lambda,events,states,iam,sts")
        .env("LOG_LEVEL", "WARNING")
        .start()
}

/// The interpreter of an environment; installing blocks, so it is done beside the runtime.
pub(crate) async fn python(environments: Environments, requirements: Requirements) -> Result<std::path::PathBuf> {
    tokio::task::spawn_blocking(move || environments.python(requirements)).await?
}

/// Waits for the line in which a server of ours says where it listens.
pub(crate) async fn port(server: &mut Process, name: &str) -> Result<u64> {
    server
        .wait_for_stdout(START, |text| {
            let (line, _) = text.split_once('\n')?;
            serde_json::from_str::<Value>(line).ok()?.get(name)?.as_u64()
        })
        .await
}

async fn printed(program: Program) -> Result<Value> {
    let output = program.run().await?;
    ensure!(output.status == 0, "run a check with boto3: it ended with {}\n{}", output.status, output.stderr);
    serde_json::from_str(&output.stdout).with_context(|| format!("read what a check printed: {}", output.stdout))
}
