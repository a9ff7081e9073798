//! Ours: spans through the spool on disk and the sender.

use std::path::{Path, PathBuf};
use std::thread::{sleep, yield_now};
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;
use opentelemetry::Context;
use opentelemetry::trace::{Span as _, SpanKind, TraceContextExt, Tracer, TracerProvider};
use opentelemetry_sdk::trace::{SdkTracer, Span};
use spawn_config::{ExporterKind, SamplingRate, TracingSettings};
use spawn_telemetry::Telemetry;

use crate::spans::{OF_A_TRACE, attributes};
use crate::usage;

/// Spans that are made before any of them ends: so their making is not measured.
const TOGETHER: u32 = 50;
/// Spans that may wait while as many are made as can be delivered.
const MOST_WAITING: u64 = 20_000;
/// Time for what waits at the end.
const PATIENCE: Duration = Duration::from_secs(120);

/// Delivers spans; the answer is spans a second, µs of CPU of a span from its end on, and KiB at most and at the end.
pub(crate) fn deliver(url: &str, spans: u32, rate: u32) -> String {
    let folder = Folder::new();
    let telemetry = telemetry(url, &folder.0);
    let begun = (Instant::now(), usage::process());
    let making = make(&telemetry, spans, rate);
    telemetry.shutdown(PATIENCE);
    let (taken, cpu) = (begun.0.elapsed(), usage::process() - begun.1);
    let counters = telemetry.counters();
    assert!(counters.exported == u64::from(spans), "not all was delivered: {counters:?}");
    report(spans, taken, cpu - making)
}

/// Keeps spans with nobody to take them.
pub(crate) fn keep(spans: u32, rate: u32) -> String {
    let folder = Folder::new();
    let telemetry = telemetry("http://127.0.0.1:9", &folder.0);
    let begun = (Instant::now(), usage::process());
    let making = make(&telemetry, spans, rate);
    let (taken, cpu) = (begun.0.elapsed(), usage::process() - begun.1);
    let counters = telemetry.counters();
    assert!(counters.queued + counters.dropped_in_all() == u64::from(spans), "spans are missing: {counters:?}");
    report(spans, taken, cpu - making)
}

/// Nanoseconds that the end of a span takes its caller, with nobody to take them: median, 99th percentile and most.
pub(crate) fn append(spans: u32) -> String {
    let folder = Folder::new();
    let telemetry = telemetry("http://127.0.0.1:9", &folder.0);
    let tracer = telemetry.tracer_provider().tracer("bench");
    let mut times = Vec::with_capacity(spans as usize);
    let mut root = Context::new();
    for number in 0..spans {
        let mut span = begin(&tracer, &mut root, number);
        let begun = Instant::now();
        span.end();
        times.push(begun.elapsed().as_nanos());
    }
    times.sort_unstable();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize];
    format!("{} {} {}", at(0.5), at(0.99), at(1.0))
}

/// Makes spans at this rate; the answer is the CPU time that went into all but their ends.
fn make(telemetry: &Telemetry, spans: u32, rate: u32) -> Duration {
    let tracer = telemetry.tracer_provider().tracer("bench");
    let (begun, mut making, mut root) = (Instant::now(), Duration::ZERO, Context::new());
    for first in (0..spans).step_by(TOGETHER as usize) {
        let before = usage::thread();
        let mut open: Vec<Span> =
            (first..spans.min(first + TOGETHER)).map(|number| begin(&tracer, &mut root, number)).collect();
        match rate {
            0 => {
                while telemetry.counters().queued > MOST_WAITING {
                    yield_now();
                }
            }
            rate => {
                let due = begun + Duration::from_secs_f64(f64::from(first) / f64::from(rate));
                sleep(due.saturating_duration_since(Instant::now()));
            }
        }
        making += usage::thread() - before;
        open.iter_mut().for_each(opentelemetry::trace::Span::end);
        drop(open);
    }
    making
}

fn begin(tracer: &SdkTracer, root: &mut Context, number: u32) -> Span {
    let builder = |name: &'static str| tracer.span_builder(name).with_kind(SpanKind::Client);
    if number.is_multiple_of(OF_A_TRACE) {
        let span =
            builder("DynamoDB.GetItem").with_attributes(attributes(number)).start_with_context(tracer, &Context::new());
        *root = Context::new().with_remote_span_context(span.span_context().clone());
        return span;
    }
    builder("DynamoDB.GetItem").with_attributes(attributes(number)).start_with_context(tracer, root)
}

fn telemetry(url: &str, folder: &Path) -> Telemetry {
    let aws = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "AKIAIOSFODNN7EXAMPLE",
            "secret",
            None,
            None,
            "bench",
        )))
        .build();
    let settings = TracingSettings {
        enabled: true,
        exporter: ExporterKind::XRay,
        sampling: SamplingRate::ALWAYS,
        endpoint: Some(url.parse().expect("a URL")),
        ..TracingSettings::default()
    };
    Telemetry::of("bench").settings(settings).spool(folder.to_string_lossy()).start(Some(&aws))
}

fn report(spans: u32, taken: Duration, cpu: Duration) -> String {
    let (most, now) = usage::resident();
    let each = f64::from(spans);
    format!("{:.0} {:.2} {most} {now}", each / taken.as_secs_f64(), cpu.as_secs_f64() * 1e6 / each)
}

/// A folder of its own for the spool, on the disk that holds the build.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let program = std::env::current_exe().expect("a program has a path");
        let folder = program.with_file_name(format!("spool-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder beside the program");
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}
