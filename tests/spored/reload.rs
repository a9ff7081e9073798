//! Reloading: by command and by SIGHUP, of what is right and what is wrong, and the trace that it leaves.

use crate::fixture::{Host, attribute, aws, named, stop, until};
use serde_json::{Value, json};
use spawn_test_support::imds::ImdsFault;
use spawn_test_support::{Imds, InstanceFacts, OtlpReceiver, Program};

fn write(host: &Host, yaml: &str) {
    std::fs::write(host.path("local.yaml"), yaml).unwrap();
}

#[tokio::test]
async fn a_reload_says_what_has_changed() {
    let host = Host::with("name: one\n").aws(aws().await);
    let agent = host.run(&[]).await;
    assert_eq!(host.command(&["reload"]).await, (0, "nothing has changed\n".to_owned(), String::new()));
    write(&host, "name: two\n");
    let expected = format!("name = two (was one), from {}:1\n", host.path("local.yaml").display());
    assert_eq!(host.command(&["reload"]).await, (0, expected, String::new()));
    assert!(host.status().await["last_reload"].is_string());
    stop(agent).await;
}

#[tokio::test]
async fn a_reload_of_something_wrong_changes_nothing_and_says_so_until_a_good_one() {
    let host = Host::with("name: one\n").aws(aws().await);
    let agent = host.run(&[]).await;
    write(&host, "nmae: two\n");
    let (code, _, said) = host.command(&["reload"]).await;
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("did you mean `name`?") && said.contains("the settings in force stay"), "{said}");
    let status = host.status().await;
    assert!(status["reload_problem"].as_str().unwrap().contains("nmae"), "{status:#}");
    assert_eq!(host.command(&["config", "get", "name"]).await, (0, "one\n".to_owned(), String::new()));
    write(&host, "name: two\n");
    assert_eq!(host.command(&["reload"]).await.0, 0);
    assert_eq!(host.status().await["reload_problem"], Value::Null);
    stop(agent).await;
}

#[tokio::test]
async fn sighup_reloads() {
    let host = Host::with("name: one\n").aws(aws().await);
    let agent = host.run(&[]).await;
    write(&host, "name: two\n");
    agent.signal("HUP").unwrap();
    host.status_when("reload", |status| status["last_reload"].is_string()).await;
    assert_eq!(host.command(&["config", "get", "name"]).await.1, "two\n");
    write(&host, "name: [\n");
    agent.signal("HUP").unwrap();
    host.status_when("problem", |status| status["reload_problem"].is_string()).await;
    stop(agent).await;
}

#[tokio::test]
async fn a_hangup_before_the_boot_is_over_does_not_end_the_agent() {
    let imds = Imds::start(InstanceFacts::example()).unwrap();
    imds.misbehave(ImdsFault::Hang);
    let host = Host::with("name: one\n")
        .aws(aws().await)
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.endpoint())
        .env("AWS_EC2_METADATA_DISABLED", "false");
    let agent = host.spored().arg("run").start().unwrap();
    until(&agent, "spored is ready").await;
    write(&host, "name: two\n");
    agent.signal("HUP").unwrap();
    for command in ["reload", "flush"] {
        let (code, _, said) = host.command(&[command]).await;
        assert_eq!(code, 1, "{command}");
        assert!(said.contains("still finding out"), "{command}: {said}");
    }
    imds.misbehave(ImdsFault::None);
    host.status_when("reload", |status| status["last_reload"].is_string()).await;
    assert_eq!(host.command(&["config", "get", "name"]).await.1, "two\n");
    stop(agent).await;
}

#[tokio::test]
async fn terminal_socket_and_the_calls_that_follow_are_one_trace() {
    let aws = aws().await;
    let receiver = OtlpReceiver::start().await.unwrap();
    // Metadata does not show the tags, so that a reload asks EC2 for them.
    let imds = Imds::start(InstanceFacts::example()).unwrap();
    imds.show_tags(None);
    let endpoint = receiver.grpc_endpoint();
    let yaml = format!(
        "observability: {{tracing: {{enabled: true, exporter: otlp, sampling_rate: 1.0, endpoint: \"{endpoint}\"}}}}\n"
    );
    let host = Host::with(&yaml)
        .aws(aws)
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.endpoint())
        .env("AWS_EC2_METADATA_DISABLED", "false");
    let agent = host.run(&[]).await;
    write(&host, &format!("name: two\n{yaml}"));
    let terminal = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let output = host.spored().arg("reload").env("TRACEPARENT", terminal).run().await.unwrap();
    assert_eq!(output.status, 0, "{}", output.stderr);
    assert_eq!(host.command(&["flush"]).await.0, 0);

    let spans = receiver.spans().unwrap();
    let (command, control) = (named(&spans, "spored reload"), named(&spans, "control reload"));
    let (call, changed) = (named(&spans, "EC2.DescribeTags"), named(&spans, "settings changed"));
    let reload_call =
        spans.iter().find(|span| span["name"] == call["name"] && span["parentSpanId"] == control["spanId"]);
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let place = |span: &Value| (span["traceId"].clone(), span["parentSpanId"].clone(), span["kind"].clone());
    assert_eq!(place(command), (trace.into(), "00f067aa0ba902b7".into(), json!("SPAN_KIND_INTERNAL")));
    assert_eq!(place(control), (trace.into(), command["spanId"].clone(), json!("SPAN_KIND_SERVER")));
    assert_eq!(reload_call.map(|span| &span["traceId"]), Some(&trace.into()), "{spans:#?}");
    assert_eq!(place(changed), (trace.into(), control["spanId"].clone(), json!("SPAN_KIND_INTERNAL")));
    assert_eq!(attribute(changed, "spawn.settings.changed"), Some(&"name".into()));
    assert_eq!(attribute(changed, "spawn.settings.trigger"), Some(&"reload".into()));
    for span in [command, control] {
        assert_eq!(attribute(span, "spawn.instance_id"), Some(&InstanceFacts::example().instance_id.into()));
    }
    stop(agent).await;
}

#[tokio::test]
async fn a_reload_opens_files_anew_though_no_setting_has_changed() {
    let host = Host::with("").aws(aws().await);
    let lines = host.path("spans.jsonl");
    let file = format!("exporter: stdout, exporter_file: \"{}\"", lines.display());
    write(&host, &format!("observability: {{tracing: {{enabled: true, sampling_rate: 1.0, {file}}}}}\n"));
    let agent = host.run(&[]).await;
    until(&agent, "registered").await;
    assert_eq!(host.command(&["flush"]).await.0, 0);
    std::fs::rename(&lines, host.path("spans.jsonl.1")).unwrap();
    assert_eq!(host.command(&["reload"]).await, (0, "nothing has changed\n".to_owned(), String::new()));
    assert_eq!(host.command(&["flush"]).await.0, 0);
    let written = std::fs::read_to_string(&lines).unwrap();
    assert!(written.contains("control reload") && !written.contains("spored boot"), "{written}");
    stop(agent).await;
}

#[tokio::test]
async fn a_local_yaml_that_never_ends_holds_neither_the_agent_nor_its_end() {
    let host = Host::with("name: one\n").aws(aws().await);
    let agent = host.run(&[]).await;
    std::fs::remove_file(host.path("local.yaml")).unwrap();
    let fifo = Program::new("mkfifo").arg(host.path("local.yaml")).run().await.unwrap();
    assert_eq!(fifo.status, 0, "{}", fifo.stderr);
    let reload = tokio::spawn(host.spored().arg("reload").run());
    let before = host.status().await;
    assert_eq!((&before["state"], &before["reload_problem"]), (&json!("running"), &Value::Null));
    let output = reload.await.unwrap().unwrap();
    assert_eq!(output.status, 3, "{}", output.stderr);
    assert!(output.stderr.contains("local.yaml cannot be read within 5 s: it must be a file"), "{}", output.stderr);
    assert!(host.status().await["reload_problem"].is_string());
    stop(agent).await;
}
