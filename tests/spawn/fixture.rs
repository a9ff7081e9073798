//! One AWS on loopback for the tests of this program, and the program itself.

use serde_json::Value;
use spawn_test_support::programs::Output;
use spawn_test_support::{Aws, Program};
use std::path::{Path, PathBuf};
use tokio::sync::OnceCell;

/// Emulators take a second to start, so the tests share them; each test looks at its own instances and traces only.
static AWS: OnceCell<Aws> = OnceCell::const_new();

/// Another one, for tests that launch by the hundred: EC2's emulator grows slow with the number of instances.
static CROWDED_AWS: OnceCell<Aws> = OnceCell::const_new();

pub(crate) async fn crowded_aws() -> &'static Aws {
    CROWDED_AWS.get_or_init(|| async { Aws::start().await.unwrap() }).await
}

pub(crate) async fn aws() -> &'static Aws {
    AWS.get_or_init(|| async { Aws::start().await.unwrap() }).await
}

/// `spawn` with nothing in its environment but the way to AWS.
pub(crate) fn spawn(aws: &Aws) -> Program {
    bare().envs(aws.env())
}

/// `spawn` with an empty environment, but agents of a few bytes to bring, and a folder to remember launches in.
pub(crate) fn bare() -> Program {
    let agents = ["x86_64", "arm64"].map(tiny_agent);
    Program::new(env!("CARGO_BIN_EXE_spawn"))
        .env("SPAWN_CONFIG", empty_config())
        .env("SPAWN_AGENT", std::env::join_paths(agents).unwrap())
        .env("XDG_STATE_HOME", state_home())
}

/// What commands leave behind, such as spans for the next, is each test's own. The harness names its threads for the tests.
fn state_home() -> PathBuf {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("unnamed").replace("::", "-");
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("state").join(test)
}

/// A file that has the header of a program for this architecture and nothing else: quickly uploaded, never run.
pub(crate) fn tiny_agent(architecture: &str) -> PathBuf {
    let mut header = [0; 64];
    header[..6].copy_from_slice(b"\x7fELF\x02\x01");
    header[16] = 3;
    header[18] = if architecture == "arm64" { 0xb7 } else { 0x3e };
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("spored-{architecture}"));
    // Tests run at the same time, and one must not read what another one is about to write.
    let new = path.with_extension(format!("{:?}", std::thread::current().id()));
    std::fs::write(&new, header).unwrap();
    std::fs::rename(&new, &path).unwrap();
    path
}

/// The agent, built beside `spawn` by `cargo test --workspace`.
pub(crate) fn spored() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_spawn")).with_file_name("spored");
    assert!(path.exists(), "{} is not built: run `cargo test --workspace`", path.display());
    path
}

/// A settings file that says nothing, so that the host's own does not speak in a test.
fn empty_config() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/empty.yaml")
}

/// The answer of a command that must succeed, as JSON.
#[track_caller]
pub(crate) fn json(output: &Output) -> Value {
    assert_eq!(output.status, 0, "stderr: {}", output.stderr);
    serde_json::from_str(&output.stdout).unwrap()
}

/// The id of the one instance that a launch answered with.
#[track_caller]
pub(crate) fn only_instance(launched: &Value) -> String {
    let instances = launched["instances"].as_array().unwrap();
    assert_eq!(instances.len(), 1, "{launched}");
    instances[0]["instance_id"].as_str().unwrap().to_owned()
}

/// What EC2 says of the instance, by Python's boto3.
pub(crate) async fn instance(aws: &Aws, id: &str) -> Value {
    let code =
        format!("boto3.client('ec2').describe_instances(InstanceIds=['{id}'])['Reservations'][0]['Instances'][0]");
    aws.boto3(&code).await.unwrap()
}

/// The value of a tag in boto3's form.
pub(crate) fn tag<'a>(instance: &'a Value, key: &str) -> Option<&'a str> {
    let tags = instance["Tags"].as_array()?;
    tags.iter().find(|tag| tag["Key"] == key).and_then(|tag| tag["Value"].as_str())
}

/// The X-Ray documents of one trace, by its W3C id.
pub(crate) async fn documents(aws: &Aws, trace_id: &str) -> Vec<Value> {
    let mine =
        |document: &Value| document["trace_id"].as_str().unwrap().replace('-', "").strip_prefix('1') == Some(trace_id);
    all_documents(aws).await.into_iter().filter(mine).collect()
}

/// All X-Ray documents. Spans that a command could not deliver in the time that it gives itself are delivered first, as the
/// next command would.
pub(crate) async fn all_documents(aws: &Aws) -> Vec<Value> {
    if state_home().join("spawn/spool").exists() {
        let flush = spawn(aws).env("TRACING_ENABLED", "true").args(["trace", "flush"]).run().await.unwrap();
        assert_eq!(flush.status, 0, "{}", flush.stderr);
    }
    aws.xray_documents().await.unwrap()
}
