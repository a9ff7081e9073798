//! `spored exec`: a span around any command, and the trace's context for what it runs, whatever SDK that has.

use crate::fixture::{Host, PATIENCE, attribute, named, spans, stop};
use serde_json::{Value, json};
use spawn_test_support::otlp::sdk_child;
use spawn_test_support::programs::Output;
use spawn_test_support::{OtlpReceiver, Program, wait_until};
use std::os::unix::fs::DirBuilderExt as _;

const PARENT: &str = "00-58406520a006649127e371903a2de979-53995c3f42cd8ad8-01";
const TRACE: &str = "58406520a006649127e371903a2de979";
/// A shell that prints what it got to know of the trace.
const PRINTS: &str = "echo ${TRACEPARENT-none} ${TRACESTATE-none} ${_X_AMZN_TRACE_ID-none} ${BAGGAGE-none}";

fn traced(exporter: &str) -> Host {
    let tracing = "observability:\n  tracing:\n    enabled: true\n    sampling_rate: 1.0\n    exporter: ";
    Host::with(&format!("{tracing}{exporter}\n"))
}

fn exec(host: &Host, line: &[&str]) -> Program {
    host.spored().arg("exec").args(line).env("PATH", std::env::var_os("PATH").unwrap())
}

/// Runs the shell's script by `exec`, and answers the words that it printed and the span.
async fn in_span(program: Program) -> (Vec<String>, Value) {
    let Output { status, stdout, stderr } = program.run().await.unwrap();
    assert_eq!(status, 0, "{stderr}");
    let words = stdout.split_whitespace().map(str::to_owned).collect();
    let [span] = spans(&stderr).try_into().unwrap_or_else(|spans| panic!("{spans:#?}: {stderr}"));
    (words, span)
}

#[tokio::test]
async fn exec_puts_a_span_between_its_caller_and_its_command() {
    let host = traced("stdout");
    let command = exec(&host, &["--attribute", "build=42", "--", "sh", "-c", PRINTS, "secret"]);
    let (words, span) = in_span(command.env("TRACEPARENT", PARENT).env("TRACESTATE", "vendor=1")).await;
    assert_eq!((&span["traceId"], &span["parentSpanId"]), (&json!(TRACE), &json!("53995c3f42cd8ad8")), "{span:#}");
    let own = span["spanId"].as_str().unwrap();
    let header = format!("Root=1-58406520-a006649127e371903a2de979;Parent={own};Sampled=1");
    assert_eq!(words, [format!("00-{TRACE}-{own}-01").as_str(), "vendor=1", &header, "none"]);
    assert_eq!(span["name"], "exec sh");
    let said = |key| attribute(&span, key);
    assert_eq!(said("process.command"), Some(&json!("sh")));
    assert_eq!((said("process.exit.code"), said("build")), (Some(&json!("0")), Some(&json!("42"))));
    assert_eq!((said("spawn.command"), said("spawn.provider")), (Some(&json!("exec")), Some(&json!("local"))));
    assert!(!span.to_string().contains("secret"), "arguments are not recorded: {span:#}");
}

#[tokio::test]
async fn what_belongs_to_another_context_does_not_reach_the_command_and_baggage_does() {
    let host = traced("stdout");
    // Vendors' words without a trace, and a header of another one: neither belongs to the span that begins here.
    let command = exec(&host, &["--", "sh", "-c", PRINTS]).env("TRACESTATE", "vendor=1").env("BAGGAGE", "k=v;p=%20");
    let (words, span) = in_span(command.env("TRACEPARENT", "00-1-2-3").env("_X_AMZN_TRACE_ID", "Root=1-2-3")).await;
    let own = format!("00-{}-{}-01", span["traceId"].as_str().unwrap(), span["spanId"].as_str().unwrap());
    assert_eq!([words[0].as_str(), &words[1], &words[3]], [own.as_str(), "none", "k=v;p=%20"]);
    assert!(span["parentSpanId"].as_str().unwrap_or_default().is_empty(), "{span:#}");
}

#[tokio::test]
async fn a_malformed_context_is_left_out_with_a_warning() {
    let host = traced("stdout");
    let output = exec(&host, &["true"]).env("TRACEPARENT", "00-$(reboot)\u{1b}[2J-01").run().await.unwrap();
    assert_eq!(output.status, 0);
    assert!(output.stderr.contains("of no use and left out") && !output.stderr.contains('\u{1b}'), "{}", output.stderr);
}

#[tokio::test]
async fn an_unsampled_trace_stays_so_for_the_command() {
    let host = traced("stdout");
    let command = exec(&host, &["sh", "-c", PRINTS]).env("TRACEPARENT", PARENT.replace("-01", "-00"));
    let output = command.run().await.unwrap();
    assert_eq!(spans(&output.stderr), [] as [Value; 0]);
    let traceparent = output.stdout.split(' ').next().unwrap();
    assert!(traceparent.starts_with(&format!("00-{TRACE}-")) && traceparent.ends_with("-00"), "{traceparent}");
}

#[tokio::test]
async fn with_tracing_off_exec_becomes_the_command() {
    let script = format!("{PRINTS}; cat /proc/$PPID/comm");
    let said = async |host: &Host| {
        let command = exec(host, &["sh", "-c", &script]).env("TRACEPARENT", "as-it-came").env("TRACESTATE", "vendor=1");
        command.run().await.unwrap().stdout
    };
    let off = said(&Host::with("")).await;
    assert!(off.starts_with("as-it-came vendor=1 none none\n") && !off.ends_with("spored\n"), "{off}");
    let on = said(&traced("none")).await;
    assert!(on.ends_with("spored\n"), "with a span to end, it waits beside the command: {on}");
}

#[tokio::test]
async fn settings_that_are_wrong_do_not_keep_the_command_from_running() {
    let host = Host::with("observability: [");
    let output = exec(&host, &["echo", "done"]).run().await.unwrap();
    assert_eq!((output.status, output.stdout.as_str()), (0, "done\n"));
    assert!(output.stderr.contains("the command runs without a trace"), "{}", output.stderr);
}

#[tokio::test]
async fn the_exit_code_is_the_commands_and_the_span_tells_it() {
    let host = traced("stdout");
    let no_program = host.path("no-program");
    std::fs::write(&no_program, "").unwrap();
    let no_program = no_program.to_str().unwrap();
    for (line, code, attributes) in [
        (&["sh", "-c", "exit 7"][..], 7, [Some("7"), None]),
        (&["sh", "-c", "kill -9 $$"], 137, [None, Some("9")]),
        (&["no-such-program"], 127, [None, None]),
        (&[no_program], 126, [None, None]),
    ] {
        for host in [&host, &Host::with("")] {
            let output = exec(host, line).run().await.unwrap();
            let spans = spans(&output.stderr);
            if spans.is_empty() && code == 137 {
                // The command itself was the process.
                continue;
            }
            assert_eq!(output.status, code, "{line:?}: {}", output.stderr);
            assert_eq!(output.stderr.contains("spored: failed to run"), code >= 126 && code != 137, "{line:?}");
            for span in &spans {
                assert_eq!(span["status"]["code"], 2, "{span:#}");
                let said = ["process.exit.code", "spawn.task.signal"].map(|key| attribute(span, key));
                assert_eq!(said.map(|said| said.and_then(Value::as_str)), attributes, "{span:#}");
            }
        }
    }
}

#[tokio::test]
async fn signals_reach_the_command() {
    let host = traced("stdout");
    for signal in ["TERM", "INT", "HUP", "QUIT", "USR1", "USR2"] {
        let script = format!("trap 'exit 42' {signal}; echo ready; while :; do sleep 0.05; done");
        let mut process = exec(&host, &["sh", "-c", &script]).start().unwrap();
        process.wait_for_stdout(PATIENCE, |text| text.contains("ready").then_some(())).await.unwrap();
        process.signal(signal).unwrap();
        assert_eq!(process.wait(PATIENCE).await.unwrap(), 42, "{signal}: {}", process.stderr());
        let span = spans(&process.stderr());
        assert_eq!(attribute(named(&span, "exec sh"), "process.exit.code"), Some(&json!("42")));
    }
}

#[tokio::test]
async fn stdin_is_the_commands() {
    let host = traced("stdout");
    let line = format!("echo typed | {} exec -- cat", env!("CARGO_BIN_EXE_spored"));
    let output = Program::new("sh").args(["-c", &line]).envs(host.environment()).run().await.unwrap();
    assert_eq!((output.status, output.stdout.as_str()), (0, "typed\n"), "{}", output.stderr);
}

#[tokio::test]
async fn exec_traces_as_the_running_agent_does() {
    let host = Host::with("");
    let agent = host.run(&[]).await;
    for (key, value) in [("tracing-enabled", "true"), ("tracing-exporter", "stdout"), ("tracing-sampling", "1.0")] {
        assert_eq!(host.command(&["config", "set", key, value]).await.0, 0, "{}", agent.stderr());
    }
    // As a task has it: nothing of the agent's environment but the way to its socket.
    let in_task = |command: Program| command.env("SPAWN_CONFIG", "").env("JOB_ARRAY_ID", "align-0badcafe");
    let command = in_task(exec(&host, &["--name", "align", "--", "sh", "-c", PRINTS]));
    let (_, span) = in_span(command.env("JOB_ARRAY_INDEX", "3").env("TRACEPARENT", PARENT)).await;
    assert_eq!((&span["name"], &span["traceId"]), (&json!("align"), &json!(TRACE)));
    assert_eq!(attribute(&span, "spawn.job_array_id"), Some(&json!("align-0badcafe")), "{span:#}");
    assert_eq!(attribute(&span, "spawn.job_array_index"), Some(&json!("3")), "{span:#}");
    // The command's own environment has the last word.
    let off = in_task(exec(&host, &["true"])).env("TRACING_ENABLED", "false").run().await.unwrap();
    assert_eq!((off.status, spans(&off.stderr)), (0, Vec::new()));
}

#[tokio::test]
async fn a_program_that_another_sdk_traces_is_a_child_of_exec() {
    let receiver = OtlpReceiver::start().await.unwrap();
    let host = traced("otlp");
    let child = sdk_child().await.unwrap().map(|part| part.display().to_string());
    let command = exec(&host, &["--", &child[0], &child[1], "align"])
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.http_endpoint())
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
        .env("TRACEPARENT", PARENT)
        .env("BAGGAGE", "sample=S1");
    let output = command.run().await.unwrap();
    assert_eq!(output.status, 0, "{}", output.stderr);
    let told: Value = serde_json::from_str(&output.stdout).unwrap();
    let spans = receiver.wait_for_spans(2, PATIENCE).await.unwrap();
    let (exec, align) = (named(&spans, "exec python"), named(&spans, "align"));
    assert_eq!((&exec["traceId"], &align["traceId"]), (&json!(TRACE), &json!(TRACE)));
    assert_eq!((&exec["parentSpanId"], &align["parentSpanId"]), (&json!("53995c3f42cd8ad8"), &exec["spanId"]));
    let expected = json!({
        "trace_id": TRACE, "span_id": align["spanId"], "parent_id": exec["spanId"], "sampled": true,
        "baggage": {"sample": "S1"},
    });
    assert_eq!(told, expected);
    let service = |span: &Value| {
        let attributes = span["resource"]["attributes"].as_array().unwrap().clone();
        attributes.into_iter().find(|pair| pair["key"] == "service.name").unwrap()["value"]["stringValue"].clone()
    };
    assert_eq!((service(exec), service(align)), (json!("spored"), json!("sdk-child")));
}

#[tokio::test]
async fn exec_says_what_it_could_not_deliver_and_keeps_the_commands_exit_code() {
    let host = traced("otlp").env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1");
    let output = exec(&host, &["sh", "-c", "exit 3"]).run().await.unwrap();
    assert_eq!(output.status, 3);
    assert!(output.stderr.contains("the command's own span is not delivered yet and waits in "), "{}", output.stderr);
}

#[tokio::test]
async fn what_exec_could_not_deliver_the_agent_does() {
    let host = traced("otlp").env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
    let spool = host.path("state/spool");
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&spool).unwrap();
    let away = exec(&host, &["--name", "align", "--", "true"]).env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1");
    let output = away.run().await.unwrap();
    assert!(output.stderr.contains(&format!("waits in {}", spool.display())), "{}", output.stderr);
    let receiver = OtlpReceiver::start().await.unwrap();
    let host = host.env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.http_endpoint());
    let agent = host.run(&[]).await;
    let align = || receiver.spans().unwrap().iter().any(|span| span["name"] == "align").then_some(());
    wait_until("the command's span", PATIENCE, align).await.unwrap();
    stop(agent).await;
}

#[tokio::test]
async fn debug_gives_the_command_a_trace_to_be_found_by() {
    let host = Host::with("");
    let (words, spans) = {
        let output = exec(&host, &["--debug", "--", "sh", "-c", PRINTS]).run().await.unwrap();
        (output.stdout, spans(&output.stderr))
    };
    assert_eq!(spans, [] as [Value; 0]);
    // The rate still says what others record of it.
    assert!(words.starts_with("00-"), "{words}");
}
