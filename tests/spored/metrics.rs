//! What Prometheus is told, on the control socket and on the port, read by Prometheus' own parser.

use crate::fixture::{Host, PATIENCE, aws, stop, until};
use crate::socket::request_any;
use serde_json::{Value, json};
use spawn_test_support::{FaultProxy, prometheus};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Instant;

const TRACING: &str = "observability: {tracing: {enabled: true, exporter: xray, sampling_rate: 1.0}}\n";

/// What comes back for these bytes, to the end of the connection.
fn said_at(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    // A reset is an end, too.
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

fn get(address: SocketAddr, path: &str) -> String {
    said_at(address, format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n").as_bytes())
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}")).1
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_else(|| panic!("{answer:?}"))
}

/// The port that the agent says it has opened.
fn address(status: &Value) -> Option<SocketAddr> {
    status["metrics"]["address"].as_str()?.parse().ok()
}

async fn offered(host: &Host) -> SocketAddr {
    address(&host.status_when("port for metrics", |status| address(status).is_some()).await).unwrap()
}

fn value(samples: &Value, name: &str) -> u64 {
    samples[name]["value"].as_f64().unwrap_or_else(|| panic!("no {name} in {samples:#}")) as u64
}

#[tokio::test]
async fn prometheus_reads_the_account_that_the_status_shows() {
    let aws = aws().await;
    let proxy = FaultProxy::start(aws.moto_url()).unwrap();
    proxy.refuse(true);
    let host = Host::with(TRACING).aws(aws).env("AWS_ENDPOINT_URL_XRAY", proxy.url());
    let agent = host.run(&[]).await;
    until(&agent, "registered").await;
    let degraded = |status: &Value| status["tracing"]["health"]["state"] == "degraded";
    host.status_when("failure to deliver", degraded).await;
    let (code, head, text) = request_any(&host, "GET", "/metrics", Value::Null).await;
    assert_eq!(code, 200);
    assert!(head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
    let samples = prometheus::samples(&text).await.unwrap();
    let created = value(&samples, "spored_spans_created_total");
    let queued = value(&samples, "spored_spans_queued");
    assert!(created > 0 && queued == created, "{samples:#}");
    assert_eq!(value(&samples, "spored_delivery_degraded"), 1);
    assert_eq!(value(&samples, "spored_spans_dropped_total{reason=queue_full}"), 0);
    assert_eq!(samples["spored_spans_exported_total"]["type"], "counter");
    assert_eq!(samples["spored_spans_queued"]["type"], "gauge");
    proxy.refuse(false);
    assert_eq!(host.command(&["flush"]).await.0, 0);
    let (_, _, text) = request_any(&host, "GET", "/metrics", Value::Null).await;
    let samples = prometheus::samples(&text).await.unwrap();
    let (created, exported) =
        (value(&samples, "spored_spans_created_total"), value(&samples, "spored_spans_exported_total"));
    assert_eq!(value(&samples, "spored_spans_queued") + exported, created, "{samples:#}");
    assert!(exported > 0, "{samples:#}");
    stop(agent).await;
}

#[tokio::test]
async fn the_port_answers_one_path_and_follows_the_settings() {
    let host = Host::with("").aws(aws().await);
    let agent = host.run(&[]).await;
    assert_eq!(host.status().await["metrics"], json!({ "address": null, "problem": null }));
    assert_eq!(host.command(&["config", "set", "metrics-address", "127.0.0.1:0"]).await.0, 0);
    let first = offered(&host).await;
    let answer = get(first, "/metrics");
    assert_eq!(status(&answer), "200", "{answer}");
    let samples = prometheus::samples(body(&answer)).await.unwrap();
    assert_eq!(value(&samples, "spored_tracing_enabled"), 0);
    for path in ["/", "/status", "/metrics/x", "/config", "/flush"] {
        assert_eq!(status(&get(first, path)), "404", "{path}");
    }
    for method in ["POST", "PUT", "DELETE"] {
        let answer = said_at(first, format!("{method} /metrics HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes());
        assert_eq!(status(&answer), "405", "{method}");
    }
    // Bytes from a generator that gives the same every time.
    let mut random = fastrand::Rng::with_seed(11);
    for _ in 0..50 {
        let mut bytes = b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n".to_vec();
        for _ in 0..random.usize(1..4) {
            let place = random.usize(..bytes.len());
            bytes[place] = random.u8(..);
        }
        bytes.extend_from_slice(b"\r\n\r\n");
        said_at(first, &bytes);
    }
    assert_eq!(status(&get(first, "/metrics")), "200");
    // A wildcard would show it to the network.
    assert_eq!(host.command(&["config", "set", "metrics-address", "0.0.0.0:0"]).await.0, 2);
    assert_eq!(host.command(&["config", "unset", "metrics-address"]).await.0, 0);
    host.status_when("closed port", |status| address(status).is_none()).await;
    assert_eq!(TcpStream::connect(first).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    stop(agent).await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_and_stops_nothing() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap();
    let host = Host::with(&format!("observability: {{metrics: {{address: '{at}'}}}}\n")).aws(aws().await);
    let agent = host.run(&[]).await;
    until(&agent, "Prometheus cannot ask this agent").await;
    let told = host.status().await["metrics"]["problem"].as_str().unwrap().to_owned();
    assert!(
        told.starts_with(&format!("no metrics at {at}: ")) && told.ends_with("set another metrics-address"),
        "{told}"
    );
    let (_, shown, _) = host.command(&["status"]).await;
    assert!(shown.contains(&format!("metrics   {told}\n")), "{shown}");
    until(&agent, "registered").await;
    drop(taken);
    assert_eq!(offered(&host).await, at);
    stop(agent).await;
}

#[tokio::test]
async fn clients_that_are_slow_cannot_hold_the_agent() {
    let host = Host::with("observability: {metrics: {address: '127.0.0.1:0'}}\n").aws(aws().await);
    let agent = host.run(&[]).await;
    let at = offered(&host).await;
    let connect = || TcpStream::connect(at).unwrap();
    let mut slow: Vec<TcpStream> = (0..40).map(|_| connect()).collect();
    for stream in &mut slow {
        drop(stream.write_all(b"GET /metr"));
    }
    assert_eq!(host.status().await["state"], "running");
    // Those that found a place lose it in time, and then there is room again.
    let deadline = Instant::now() + PATIENCE;
    while !get(at, "/metrics").contains("spored_build_info") {
        assert!(Instant::now() < deadline, "no room for a scraper");
    }
    assert!(!stop(agent).await.contains("panicked"));
}
