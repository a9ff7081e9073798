//! No feedback: a program that makes a span of every line that any library logs gets none of what its spans' own delivery
//! logs. A program of its own, because such a log is set up once for a whole process.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use opentelemetry::Context;
use opentelemetry::trace::{SpanKind, TraceContextExt};
use spawn_config::{OtlpProtocol, OtlpSettings, SamplingRate, TracingSettings};
use spawn_telemetry::Telemetry;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry};

const PATIENCE: Duration = Duration::from_secs(30);

/// Makes a span of each event, whatever its level and whoever logs it.
struct EverySpan {
    telemetries: Vec<Telemetry>,
    seen: Arc<AtomicU64>,
}

thread_local! {
    /// Set while a span is made: what that logs is not the delivery's.
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

impl<S: tracing::Subscriber> Layer<S> for EverySpan {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        if BUSY.replace(true) {
            return;
        }
        self.seen.fetch_add(1, Ordering::Relaxed);
        let name = event.metadata().target();
        for telemetry in &self.telemetries {
            telemetry.start_span(name, SpanKind::Internal, &Context::current(), vec![], None).span().end();
        }
        BUSY.set(false);
    }
}

/// A receiver that takes everything; how many requests it got.
fn receiver() -> (String, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let requests = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&requests);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut bytes = Vec::new();
            let mut some = [0; 65_536];
            // A request of these is much smaller than what is read at once, head and body apart at most.
            while !is_whole(&bytes) {
                let read = stream.read(&mut some).unwrap_or(0);
                if read == 0 {
                    break;
                }
                bytes.extend(&some[..read]);
            }
            if is_whole(&bytes) {
                counted.fetch_add(1, Ordering::Relaxed);
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
                stream.write_all(answer).unwrap_or_default();
            }
        }
    });
    (url, requests)
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
    bytes.len() >= end + 4 + length.unwrap_or_default()
}

fn aws(url: &str) -> SdkConfig {
    let keys = Credentials::new("AKID", "SECRET", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .endpoint_url(url)
        .build()
}

#[test]
fn the_delivery_of_spans_makes_no_span_whatever_is_logged_at_whatever_level() {
    let (to_xray, of_xray) = receiver();
    let (to_otlp, of_otlp) = receiver();
    let all = TracingSettings { enabled: true, sampling: SamplingRate::ALWAYS, ..TracingSettings::default() };
    let by_http = OtlpSettings { protocol: OtlpProtocol::Http, ..OtlpSettings::default() };
    let over_http = TracingSettings { otlp: by_http, ..all.clone() };
    let telemetries = vec![
        Telemetry::of("xray").settings(all).to_xray(&aws(&to_xray)),
        Telemetry::of("otlp").settings(over_http).to_otlp(to_otlp.parse().unwrap()),
    ];
    let seen = Arc::new(AtomicU64::new(0));
    let every = EverySpan { telemetries: telemetries.clone(), seen: Arc::clone(&seen) };
    tracing::subscriber::set_global_default(Registry::default().with(every)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();

    tracing::info!("the program's own line");
    for _ in 0..3 {
        for telemetry in &telemetries {
            let flushed = runtime.block_on(telemetry.flush(PATIENCE));
            assert_eq!(flushed.left, 0, "{:?}", telemetry.health());
        }
    }
    let created = telemetries.iter().map(|telemetry| telemetry.counters().created).collect::<Vec<_>>();
    assert_eq!(created, [1, 1], "one line of the program, one span in each");
    assert_eq!((of_xray.load(Ordering::Relaxed), of_otlp.load(Ordering::Relaxed)), (1, 1));
    assert!(seen.load(Ordering::Relaxed) > 10, "the delivery has logged: {seen:?}");
}
