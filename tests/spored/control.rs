//! The control socket: who may do what, bad requests, and the commands that change no setting.

use crate::fixture::{Host, PATIENCE, aws, stop, until};
use crate::socket::{as_nobody, garbage, request, request_any};
use serde_json::{Value, json};
use spawn_test_support::{FaultProxy, Program};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

#[tokio::test]
async fn a_flush_delivers_what_waits_or_says_what_is_left_and_why() {
    let aws = aws().await;
    let proxy = FaultProxy::start(aws.moto_url()).unwrap();
    proxy.refuse(true);
    let host = Host::with("observability: {tracing: {enabled: true, exporter: xray, sampling_rate: 1.0}}\n")
        .aws(aws)
        .env("AWS_ENDPOINT_URL_XRAY", proxy.url());
    let agent = host.run(&[]).await;
    until(&agent, "registered").await;
    let (code, out, said) = host.command(&["flush", "--within", "1s"]).await;
    assert_eq!(code, 1, "{out}{said}");
    assert!(out.starts_with("0 delivered, ") && !out.contains(" 0 left") && !said.is_empty(), "{out}{said}");
    proxy.refuse(false);
    let (code, out, said) = host.command(&["flush"]).await;
    assert_eq!((code, out.ends_with(", 0 left\n")), (0, true), "{out}{said}");
    stop(agent).await;
}

#[tokio::test]
async fn bad_requests_are_refused_in_json_and_the_agent_goes_on() {
    let host = Host::with("").aws(aws().await);
    let agent = host.run(&[]).await;
    let large = json!({ "value": "x".repeat(20 * 1024) });
    for (method, path, body, expected) in [
        ("GET", "/nothing", json!(null), 404),
        ("POST", "/status", json!(null), 405),
        ("GET", "/config/nothing", json!(null), 404),
        ("GET", "/config/%1b%5b2J", json!(null), 404),
        ("PUT", "/config/name", json!({ "valeu": 1 }), 400),
        ("PUT", "/config/name", json!([]), 400),
        ("PUT", "/config/name", large, 413),
        ("POST", "/flush", json!({ "within_ms": -1 }), 400),
    ] {
        let (status, answer) = request(&host, method, path, body).await;
        assert_eq!(status, expected, "{method} {path}: {answer}");
        assert!(answer["error"].as_str().is_some_and(|error| !error.is_empty()), "{method} {path}: {answer}");
    }
    for bytes in [&b"\0\xff\r\n\r\n"[..], b"GET", b"", b"GET /status HTTP/9.9\r\n\r\n", &[b'A'; 100_000]] {
        garbage(&host, bytes).await;
    }
    // Requests that are nearly right, and bytes from a generator that gives the same every time.
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..100 {
        let mut bytes = b"PUT /config/name HTTP/1.1\r\nhost: x\r\ncontent-length: 13\r\n\r\n{\"value\":\"x\"}".to_vec();
        for _ in 0..random.usize(1..6) {
            let place = random.usize(..bytes.len());
            bytes[place] = random.u8(..);
        }
        bytes.truncate(random.usize(..=bytes.len()));
        garbage(&host, &bytes).await;
    }
    let traceparent = "GET /status HTTP/1.1\r\nhost: x\r\ntraceparent: 00-nonsense\r\ntraceparent: \u{1b}\r\n\r\n";
    garbage(&host, traceparent.as_bytes()).await;
    assert_eq!(host.status().await["state"], "running");
    assert!(!stop(agent).await.contains("panicked"));
}

#[tokio::test]
async fn connections_that_say_nothing_shut_nobody_out_for_long() {
    let host = Host::with("").aws(aws().await);
    let agent = host.run(&[]).await;
    let connect = || UnixStream::connect(host.path("control.sock")).unwrap();
    let mut silent: Vec<UnixStream> = (0..200).map(|_| connect()).collect();
    // The last finds no place and is closed, while the first still has its time to say something.
    silent[199].set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(silent[199].read(&mut [0]).unwrap(), 0);
    silent[0].set_nonblocking(true).unwrap();
    assert_eq!(silent[0].read(&mut [0]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        let output = host.spored().args(["status"]).run().await.unwrap();
        if output.status == 0 {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "{}", output.stderr);
    }
    drop(silent);
    stop(agent).await;
}

#[tokio::test]
async fn those_who_may_only_read_cannot_shut_out_those_who_may_change_things() {
    let host = Host::with("").aws(aws().await);
    let agent = host.run(&[]).await;
    let mut crowd = crate::socket::crowd(&host.path("control.sock")).unwrap();
    crowd.wait_for_stdout(PATIENCE, |said| said.contains("here").then_some(())).await.unwrap();
    assert_eq!(request(&host, "POST", "/reload", Value::Null).await.0, 200);
    assert_eq!(host.status().await["state"], "running");
    stop(agent).await;
}

#[tokio::test]
async fn who_is_neither_root_nor_the_agents_user_may_read_only() {
    let host = Host::with("").aws(aws().await);
    let agent = host.run(&[]).await;
    let socket = host.path("control.sock");
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o666);
    // Only root can become somebody else; anybody else is the agent's own user here, who may.
    let root = std::fs::read_to_string("/proc/self/status").unwrap().contains("Uid:\t0\t");
    let (expected, read) = as_nobody(&socket, root).await;
    assert_eq!((expected, read), (if root { 403 } else { 200 }, 200));
    stop(agent).await;
}

#[tokio::test]
async fn a_completion_reaches_the_agent_once() {
    let host = Host::with("completion_delay: 1h\n").aws(aws().await);
    let agent = host.run(&[]).await;
    let complete = ["complete", "--status", "failed", "--message", "no data"];
    assert_eq!(host.command(&complete).await, (0, "failed\n".to_owned(), String::new()));
    let done = |status: &Value| status["completion"].is_object();
    let status = host.status_when("completion", done).await;
    assert_eq!(status["completion"], json!({ "status": "failed", "message": "no data" }));
    let (code, _, said) = host.command(&["complete"]).await;
    assert_eq!(code, 1);
    assert!(said.contains("declared to be done before"), "{said}");
    let (status, answer) = request(&host, "POST", "/complete", json!({ "status": "fine" })).await;
    assert_eq!(status, 400, "{answer}");
    stop(agent).await;
}

#[tokio::test]
async fn the_reference_lists_every_path_and_each_of_them_answers() {
    let reference = include_str!("../../docs/reference/control-socket.md");
    let table = reference.split_once("<!-- paths:begin -->").unwrap().1.split_once("<!-- paths:end -->").unwrap().0;
    let listed: Vec<(&str, &str)> =
        table.lines().filter_map(|row| row.strip_prefix("| `")?.split_once('`')?.0.split_once(' ')).collect();
    let routes = include_str!("../../spored/src/control/routes.rs");
    for route in routes.lines().filter_map(|line| line.trim().strip_prefix(".route(\"")?.split('"').next()) {
        assert!(listed.iter().any(|(_, path)| *path == route), "{route} is not in the reference");
    }
    let host = Host::with("").aws(aws().await);
    let agent = host.run(&[]).await;
    for (method, path) in listed {
        let body = if method == "PUT" { json!({ "value": "x" }) } else { Value::Null };
        let (status, _, answer) =
            request_any(&host, method, &path.replace("{key}", "name").replace("{id}", "0DBJ1H8N2M5PDS9T"), body).await;
        assert_eq!(status, 200, "{method} {path}: {answer}");
    }
    stop(agent).await;
}

#[tokio::test]
async fn settings_are_shown_alike_with_and_without_an_agent() {
    let host =
        Host::with("name: one\nobservability: {tracing: {otlp: {headers: {authorization: hush}}}}\n").aws(aws().await);
    for command in [&["config", "list"][..], &["config", "explain", "name"], &["config", "explain", "ttl"]] {
        let without = host.command(command).await;
        let agent = host.run(&[]).await;
        let with = host.command(command).await;
        stop(agent).await;
        assert_eq!(with, without, "{command:?}");
        assert_eq!((with.0, with.2.as_str(), with.1.contains("hush")), (0, "", false), "{command:?}");
    }
}

#[tokio::test]
async fn the_commands_of_the_guide_run() {
    let guide = include_str!("../../docs/how-to/operate.md");
    let commands: Vec<&str> = guide
        .lines()
        .map(|line| line.trim().trim_start_matches("sudo "))
        .filter(|line| line.starts_with("spored "))
        .collect();
    assert_eq!(commands.len(), 9, "{commands:?}");
    let host = Host::with("completion_delay: 1h\n").aws(aws().await);
    let agent = host.run(&[]).await;
    for command in commands {
        let shell = Program::new("/bin/sh").args([
            "-c",
            &command.replacen("spored", "\"$0\"", 1),
            env!("CARGO_BIN_EXE_spored"),
        ]);
        let output = shell.envs(host.environment()).run().await.unwrap();
        assert_eq!(output.status, 0, "{command}: {}", output.stderr);
    }
    stop(agent).await;
}
