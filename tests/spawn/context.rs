//! `spawn trace exec`: any command in a span of the terminal's trace.

use crate::fixture::{aws, bare, documents, json, spawn};
use serde_json::{Value, json};
use spawn_test_support::otlp::sdk_child;
use spawn_test_support::programs::Output;
use spawn_test_support::{OtlpReceiver, Program};
use std::time::Duration;

const PARENT: &str = "00-58406520a006649127e371903a2de979-53995c3f42cd8ad8-01";
const TRACE: &str = "58406520a006649127e371903a2de979";
const PATIENCE: Duration = Duration::from_secs(60);

/// `spawn trace exec` with all traces kept and this exporter.
fn exec(program: Program, exporter: &str, line: &[&str]) -> Program {
    program
        .args(["trace", "exec"])
        .args(line)
        .env("TRACING_ENABLED", "true")
        .env("OTEL_TRACES_SAMPLER", "always_on")
        .env("OTEL_TRACES_EXPORTER", exporter)
        .env("PATH", std::env::var_os("PATH").unwrap())
}

#[tokio::test]
async fn a_program_that_another_sdk_traces_is_a_child_of_trace_exec() {
    let receiver = OtlpReceiver::start().await.unwrap();
    let [python, script] = sdk_child().await.unwrap().map(|part| part.display().to_string());
    let line = ["--name", "nightly build", "--attribute", "branch=main", "--with-arguments", "--"];
    let line = [line.as_slice(), &[&python, &script, "compile"]].concat();
    let command = exec(bare(), "otlp", &line)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.http_endpoint())
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
        .env("TRACEPARENT", PARENT);
    // No region, no credentials: only X-Ray needs them.
    let Output { status, stdout, stderr } = command.run().await.unwrap();
    assert_eq!((status, stderr.as_str()), (0, ""));
    let told: Value = serde_json::from_str(&stdout).unwrap();
    let spans = receiver.wait_for_spans(2, PATIENCE).await.unwrap();
    let named = |name: &str| spans.iter().find(|span| span["name"] == name).unwrap_or_else(|| panic!("{spans:#?}"));
    let (build, compile) = (named("nightly build"), named("compile"));
    assert_eq!((&build["traceId"], &build["parentSpanId"]), (&json!(TRACE), &json!("53995c3f42cd8ad8")));
    assert_eq!((&compile["traceId"], &compile["parentSpanId"]), (&json!(TRACE), &build["spanId"]));
    assert_eq!((&told["trace_id"], &told["parent_id"]), (&json!(TRACE), &build["spanId"]));
    let said = |key: &str| {
        let attributes = build["attributes"].as_array().unwrap();
        attributes.iter().find(|pair| pair["key"] == key).map_or(Value::Null, |pair| pair["value"].clone())
    };
    assert_eq!(said("branch"), json!({"stringValue": "main"}));
    assert_eq!(said("spawn.command"), json!({"stringValue": "exec"}));
    let line = [&python, &script, "compile"].map(|part| json!({"stringValue": part}));
    assert_eq!(said("process.command_args"), json!({"arrayValue": {"values": line}}));
}

#[tokio::test]
async fn in_xray_the_command_is_a_segment_and_its_failure_a_fault() {
    let aws = aws().await;
    let parent = PARENT.replace("58406520a006649127e371903a2de979", "6b0120b8a006649127e371903a2de9ee");
    // A machine that compiles at the same time may not deliver within the time that the command gives itself.
    let mut tries = 0..5;
    while tries.next().is_some() {
        let command = exec(spawn(aws), "xray", &["--", "sh", "-c", "exit 9"]).env("TRACEPARENT", &parent);
        let Output { status, stderr, .. } = command.run().await.unwrap();
        assert_eq!(status, 9, "{stderr}");
        if stderr.is_empty() {
            break;
        }
    }
    let document = documents(aws, "6b0120b8a006649127e371903a2de9ee").await.pop().unwrap();
    assert_eq!((&document["name"], &document["parent_id"]), (&json!("spawn"), &json!("53995c3f42cd8ad8")));
    assert_eq!((&document["fault"], &document["metadata"]["spawn"]["name"]), (&json!(true), &json!("exec sh")));
    assert_eq!(document["cause"]["exceptions"][0]["message"], "the command ended with exit code 9");
    assert_eq!(document["annotations"]["spawn_command"], "exec");
}

#[tokio::test]
async fn exit_codes_are_the_commands_with_and_without_a_trace() {
    for (line, code) in [
        (&["--", "true"][..], 0),
        (&["--", "sh", "-c", "exit 42"], 42),
        (&["--", "sh", "-c", "kill -TERM $$"], 143),
        (&["--", "no-such-program"], 127),
        (&["--", "/etc"], 126),
    ] {
        for traced in ["true", "false"] {
            let command = exec(bare(), "none", line).env("TRACING_ENABLED", traced);
            let Output { status, stderr, .. } = command.run().await.unwrap();
            assert_eq!(status, code, "{line:?} {traced}: {stderr}");
            assert_eq!(stderr.starts_with("spawn: failed to run"), [126, 127].contains(&code), "{stderr}");
        }
    }
}

#[tokio::test]
async fn a_command_line_that_is_none_is_refused() {
    for line in [&[][..], &["--"], &["--attribute", "=x", "--", "true"], &["--nmae", "x", "--", "true"]] {
        assert_eq!(exec(bare(), "none", line).run().await.unwrap().status, 2, "{line:?}");
    }
}

#[tokio::test]
async fn settings_that_are_wrong_do_not_keep_the_command_from_running() {
    let command = exec(bare(), "zipkin", &["--", "echo", "done"]);
    let Output { status, stdout, stderr } = command.run().await.unwrap();
    assert_eq!((status, stdout.as_str()), (0, "done\n"));
    assert!(stderr.contains("the command runs without a trace"), "{stderr}");
}

/// Runs a command on a terminal, types Ctrl-C once it is ready, and prints the exit code and the screen.
const CTRL_C: &str = r#"
import json, os, pty, sys
child, screen = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])
seen, typed = b"", False
while True:
    try:
        part = os.read(screen, 4096)
    except OSError:
        break
    if not part:
        break
    seen += part
    if b"ready" in seen and not typed:
        os.write(screen, b"\x03")
        typed = True
print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seen.decode()]))
"#;

/// Counts each SIGINT as it comes, for a second from the first one on, and exits with their number.
const COUNTS: &str = r#"
import select, signal, socket, sys
told, tells = socket.socketpair()
tells.setblocking(False)
signal.signal(signal.SIGINT, lambda *_: None)
signal.set_wakeup_fd(tells.fileno())
print("ready", flush=True)
count = len(told.recv(1))
while select.select([told], [], [], 1.0)[0]:
    count += len(told.recv(1))
sys.exit(count)
"#;

#[tokio::test]
async fn ctrl_c_reaches_the_command_once() {
    let line = ["-c", CTRL_C, env!("CARGO_BIN_EXE_spawn"), "trace", "exec", "--", "python3", "-c", COUNTS];
    let python = Program::new("python3").args(line).env("SPAWN_CONFIG", "/dev/null").env("TERM", "xterm");
    let tracing = [("TRACING_ENABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")];
    let output = python.envs(tracing).env("PATH", std::env::var_os("PATH").unwrap()).run().await.unwrap();
    assert_eq!(json(&output)[0], 1, "{}", output.stdout);
}

/// The commands of the guide's section on commands of one's own.
#[tokio::test]
async fn the_guides_own_command_runs() {
    const GUIDE: &str = include_str!("../../docs/how-to/tracing.md");
    let (_, section) = GUIDE.split_once("## Your own commands").unwrap();
    let (_, block) = section.split_once("```sh\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let spawn = std::path::Path::new(env!("CARGO_BIN_EXE_spawn")).parent().unwrap();
    let path = format!("{}:{}", spawn.display(), std::env::var("PATH").unwrap());
    let shell = Program::new("sh").args(["-e", "-c", &block.replace("make --version", "echo built")]);
    let output = shell.env("PATH", path).env("SPAWN_CONFIG", "/dev/null").run().await.unwrap();
    assert_eq!((output.status, output.stdout.as_str()), (0, "built\nthe context is not there\n"), "{}", output.stderr);
    let span: Value = output.stderr.lines().find_map(|line| serde_json::from_str(line).ok()).unwrap();
    assert_eq!(span.pointer("/resourceSpans/0/scopeSpans/0/spans/0/name"), Some(&json!("nightly build")));
}
