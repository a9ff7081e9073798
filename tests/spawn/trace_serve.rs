//! `spawn trace serve`: what any SDK sends is on its pages, field by field, and it ends when it is asked to.

use crate::fixture::{aws, bare, spawn};
use crate::serving::{PATIENCE, Serving, started};
use crate::trace_fixture::shop;
use serde_json::{Value, json};
use spawn_test_support::Program;
use spawn_test_support::otlp::sdk_export;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

async fn serve(arguments: &[&str]) -> Serving {
    started(bare().args(["trace", "serve", "--listen=0", "--otlp=0"]).args(arguments)).await
}

/// A span of ours in the words that the SDK's own script uses.
fn in_its_words(trace: &Value, span: &Value) -> Value {
    let start = trace["start_unix_nano"].as_str().unwrap().parse::<u64>().unwrap();
    let after = |microseconds: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a test's times are small")]
        let nanoseconds = (microseconds * 1_000.0).round() as u64;
        (start + nanoseconds).to_string()
    };
    let (from, took) = (span["start_us"].as_f64().unwrap(), span["duration_us"].as_f64().unwrap());
    let origin = &trace["origins"][usize::try_from(span["origin"].as_u64().unwrap()).unwrap()];
    let events = span["events"].as_array().unwrap().iter();
    let links = span["links"].as_array().unwrap().iter();
    json!({
        "trace_id": trace["trace_id"],
        "span_id": span["span_id"],
        "parent_id": span["parent_span_id"],
        "name": span["name"],
        "kind": span["kind"],
        "start": after(from),
        "end": after(from + took),
        "status": span["status"],
        "message": span["status_message"],
        "attributes": span["attributes"],
        "resource": origin["resource"],
        "scope": origin["scope_name"],
        "events": events.map(|event| json!({
            "name": event["name"], "time": after(event["time_us"].as_f64().unwrap()), "attributes": event["attributes"],
        })).collect::<Vec<_>>(),
        "links": links.map(|link| json!({
            "trace_id": link["trace_id"], "span_id": link["span_id"], "attributes": link["attributes"],
        })).collect::<Vec<_>>(),
    })
}

#[tokio::test]
async fn what_another_sdk_sends_by_any_protocol_is_shown_field_by_field() {
    let serving = serve(&[]).await;
    let [python, script] = sdk_export().await.unwrap();
    for protocol in ["grpc", "http/protobuf", "http/json"] {
        for compression in [None, Some(("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"))] {
            let export = Program::new(&python)
                .arg(&script)
                .arg(protocol)
                .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", serving.otlp))
                .envs(compression);
            let output = export.run().await.unwrap();
            assert_eq!((output.status, output.stderr.as_str()), (0, ""), "{protocol} {compression:?}");
            let said: Vec<Value> = serde_json::from_str(&output.stdout).unwrap();
            let id = said[0]["trace_id"].as_str().unwrap();
            let trace = serving.get(&format!("/api/traces/{id}"));
            let shown = trace["spans"].as_array().unwrap().iter().map(|span| in_its_words(&trace, span));
            // The SDK tells of a span when it has ended, the child first; what was not said of an error is empty.
            let mut said = said;
            said.reverse();
            said.iter_mut().filter(|span| span["message"].is_null()).for_each(|span| span["message"] = json!(""));
            // A number that doubles do not have is text.
            said[0]["attributes"]["whole"] = json!("9007199254740993");
            assert_eq!(shown.collect::<Vec<_>>(), said, "{protocol} {compression:?}");
        }
    }
    let list = serving.get("/api/traces?service=sdk%20over%20grpc&error=true");
    assert_eq!(list["traces"].as_array().map(Vec::len), Some(2), "{list}");
    let said = serving.end("INT").await;
    assert_eq!(said, "spawn: 12 spans were shown\n");
}

#[tokio::test]
async fn our_own_spans_come_by_both_protocols() {
    let serving = serve(&[]).await;
    for (number, protocol) in ["grpc", "http/protobuf"].into_iter().enumerate() {
        let trace = format!("6b0120b8a006649127e371903a2de90{number}");
        let command = bare()
            .args([
                "trace",
                "exec",
                "--name",
                "nightly build",
                "--attribute",
                "branch=main",
                "--",
                "sh",
                "-c",
                "exit 3",
            ])
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("TRACING_ENABLED", "true")
            .env("OTEL_TRACES_SAMPLER", "always_on")
            .env("OTEL_TRACES_EXPORTER", "otlp")
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", serving.otlp))
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
            .env("TRACEPARENT", format!("00-{trace}-53995c3f42cd8ad8-01"));
        assert_eq!(command.run().await.unwrap().status, 3);
        let shown = serving.get(&format!("/api/traces/{trace}"));
        let span = &shown["spans"][0];
        assert_eq!((&span["name"], &span["status"]), (&json!("nightly build"), &json!("error")));
        assert_eq!((&span["attributes"]["branch"], &span["service"]), (&json!("main"), &json!("spawn")));
    }
    assert_eq!(serving.end("TERM").await, "spawn: 2 spans were shown\n");
}

#[tokio::test]
async fn files_are_shown_without_a_receiver_and_the_end_comes_while_somebody_looks() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("spans.jsonl");
    let span = json!({
        "traceId": "6b0120b8a006649127e371903a2de979", "spanId": "53995c3f42cd8ad8", "name": "from a file",
        "startTimeUnixNano": "1760000000000000000", "endTimeUnixNano": "1760000001000000000",
    });
    let line = json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [span] }] }] });
    std::fs::write(&file, format!("{line}\n")).unwrap();
    let serving = started(bare().args(["trace", "serve", "--listen=0", "--from"]).arg(&file)).await;
    assert_eq!(serving.otlp, "");
    let host = serving.pages.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let named = || serving.get("/api/traces")["traces"][0]["name"].as_str().map(str::to_owned);
    let name = spawn_test_support::wait_until("the file's trace", PATIENCE, named).await.unwrap();
    assert_eq!(name, "from a file");
    let mut looking = TcpStream::connect(&host).unwrap();
    write!(looking, "GET /api/events HTTP/1.1\r\nhost: {host}\r\n\r\n").unwrap();
    let mut head = [0; 12];
    looking.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    assert_eq!(serving.end("INT").await, "spawn: 1 spans were shown\n");
    let mut rest = String::new();
    looking.read_to_string(&mut rest).unwrap();
    assert!(rest.ends_with("0\r\n\r\n"), "{rest}");
}

#[tokio::test]
async fn an_address_that_others_could_reach_and_a_port_that_is_taken_are_refused() {
    let open = bare().args(["trace", "serve", "--listen", "0.0.0.0:4319"]).run().await.unwrap();
    assert_eq!(open.status, 2);
    assert!(open.stderr.contains("0.0.0.0:4319 can be reached from other machines"), "{}", open.stderr);
    let serving = serve(&[]).await;
    let (_, port) = serving.otlp.rsplit_once(':').unwrap();
    let taken = bare().args(["trace", "serve", "--listen=0"]).arg(format!("--otlp={port}")).run().await.unwrap();
    assert_eq!((taken.status, taken.stdout.as_str()), (1, ""));
    assert!(taken.stderr.contains(&format!("listen on localhost:{port}: another collector")), "{}", taken.stderr);
    assert!(taken.stderr.contains("in use"), "{}", taken.stderr);
}

#[tokio::test]
async fn what_had_to_make_room_is_told_at_the_terminal() {
    let mut serving = serve(&["--keep-spans", "2"]).await;
    let [python, script] = sdk_export().await.unwrap();
    for _ in 0..2 {
        let export = Program::new(&python)
            .arg(&script)
            .arg("http/protobuf")
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", serving.otlp));
        assert_eq!(export.run().await.unwrap().status, 0);
    }
    let told = "1 traces with 2 spans have made room for newer ones";
    serving.process.wait_for_stderr(PATIENCE, |text| text.contains(told).then_some(())).await.unwrap();
    assert!(serving.end("INT").await.ends_with("spawn: 4 spans were shown, 2 had made room for newer ones\n"));
}

#[tokio::test]
async fn without_flags_the_pages_show_what_xray_has() {
    let [well, _, failed] = shop(aws().await, "served-shop").await;
    let serving = started(spawn(aws().await).args(["trace", "serve", "--listen=0"])).await;
    let shown = || {
        let list = serving.get("/api/traces?service=served-shop&limit=9");
        Some(list).filter(|list| list["traces"].as_array().is_some_and(|traces| traces.len() == 3))
    };
    let list = spawn_test_support::wait_until("X-Ray's traces", PATIENCE, shown).await.unwrap();
    assert!([&well, &failed].iter().all(|id| list.to_string().contains(id.as_str())), "{list}");
    let trace = serving.get(&format!("/api/traces/{failed}"));
    assert_eq!(trace["spans"].as_array().map(Vec::len), Some(2), "{trace}");
    assert_eq!(serving.get("/api/status")["problems"], json!([]));
    serving.end("TERM").await;
}

#[tokio::test]
async fn without_a_region_the_pages_say_that_xray_is_not_asked() {
    let nowhere = spawn(aws().await).env_remove("AWS_REGION").env_remove("AWS_DEFAULT_REGION");
    let serving = started(nowhere.args(["trace", "serve", "--listen=0"])).await;
    let problems = serving.get("/api/status")["problems"].to_string();
    assert!(problems.contains("X-Ray is not asked") && problems.contains("no AWS region"), "{problems}");
    assert!(serving.end("INT").await.contains("no AWS region"));
}
