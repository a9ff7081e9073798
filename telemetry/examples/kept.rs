//! What it costs the caller that spans are kept on disk: the end of a span with ten attributes, with a spool and without.
//!
//! `cargo run --release --package spawn-telemetry --example kept [FOLDER]`; nothing needs to listen anywhere.
#![expect(clippy::print_stdout, reason = "it is a program that prints")]

use std::path::Path;
use std::time::{Duration, Instant};

use opentelemetry::KeyValue;
use opentelemetry::trace::{Span, Tracer, TracerProvider};
use spawn_telemetry::Telemetry;

/// Spans of a run.
const SPANS: usize = 20_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).map_or_else(std::env::temp_dir, Into::into);
    let folder = folder.join(format!("spawn-kept-{}", std::process::id()));
    for (name, folder) in [("in memory", None), ("on disk", Some(folder.as_path())), ("in memory", None)] {
        let mut times = run(folder)?;
        times.sort_unstable();
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_nanos() as f64 / 1e3;
        let mean = times.iter().sum::<Duration>().as_nanos() as f64 / 1e3 / times.len() as f64;
        println!("{name:>10}: mean {mean:.2} µs, p50 {:.2}, p99 {:.2}, p99.9 {:.2}", at(0.5), at(0.99), at(0.999));
    }
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

/// How long the end of each span took.
fn run(folder: Option<&Path>) -> Result<Vec<Duration>, Box<dyn std::error::Error>> {
    let builder = Telemetry::of("kept");
    let builder = match folder {
        Some(folder) => builder.spool(folder.display().to_string()),
        None => builder,
    };
    // Port 9 is nobody's, so every span stays where it is kept.
    let telemetry = builder.to_otlp("http://127.0.0.1:9".parse()?);
    let tracer = telemetry.tracer_provider().tracer("kept");
    let mut times = Vec::with_capacity(SPANS);
    for number in 0..SPANS {
        let mut span = tracer.start("DynamoDB.GetItem");
        for key in ["aws.region", "aws.service", "aws.operation", "aws.request_id", "server.address", "url.full"] {
            span.set_attribute(KeyValue::new(key, "a value of common length"));
        }
        for key in ["http.response.status_code", "server.port", "aws.attempts", "number"] {
            span.set_attribute(KeyValue::new(key, number as i64));
        }
        let begun = Instant::now();
        span.end();
        times.push(begun.elapsed());
    }
    telemetry.shutdown(Duration::from_millis(1));
    Ok(times)
}
