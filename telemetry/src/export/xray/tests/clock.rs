//! A host whose clock is off by a day either way, and an X-Ray that checks the time of signatures as AWS does.

use aws_smithy_types::date_time::{DateTime, Format};
use spawn_config::TracingSettings;

use super::wire::{Asked, Wire, answer};
use super::*;
use crate::ExportPlan;
use crate::pipeline::{Delivery, Flushed, Pipeline};

const DAY: i64 = 24 * 3_600;
/// How old a signature may be, and how far ahead.
const TOLERANCE: i64 = 300;

/// X-Ray, so many seconds ahead of this host. It takes documents that were signed in time.
fn ahead(seconds: i64) -> Wire {
    Wire::start(move |asked: &Asked| {
        let now = DateTime::from(std::time::SystemTime::now()).secs() + seconds;
        let date = asked.header("x-amz-date").unwrap();
        let date = format!(
            "{}-{}-{}T{}:{}:{}Z",
            &date[..4],
            &date[4..6],
            &date[6..8],
            &date[9..11],
            &date[11..13],
            &date[13..15]
        );
        let signed = DateTime::from_str(&date, Format::DateTime).unwrap().secs();
        let headers = format!("date: {}\r\n", DateTime::from_secs(now).fmt(Format::HttpDate).unwrap());
        match (signed - now).abs() <= TOLERANCE {
            true => answer(200, &headers, "{}"),
            false => {
                let body = r#"{"__type": "InvalidSignatureException", "message": "Signature expired"}"#;
                answer(403, &headers, body)
            }
        }
    })
}

#[test]
fn a_clock_that_is_a_day_off_loses_nothing_and_is_told_once() {
    for (skew, side) in [(DAY, "behind"), (-DAY, "ahead of")] {
        let wire = ahead(skew);
        let settings = TracingSettings { endpoint: Some(wire.url.parse().unwrap()), ..TracingSettings::default() };
        let resource = Resource::builder_empty().build();
        let plan = ExportPlan::with_resource(&settings, &resource, Some(aws()));
        let pipeline = Pipeline::start();
        pipeline.configure(Delivery::Export(Box::new(plan)), &|_| true);
        let patience = Duration::from_secs(30);
        for batch in 0..3 {
            pipeline.accept(span("work"));
            let flushed = futures_of(pipeline.flush(patience));
            assert_eq!(flushed, Flushed { delivered: 1, left: 0 }, "batch {batch}: {:?}", pipeline.health());
        }
        // Refused once, taken at once, and in time from then on.
        assert_eq!(wire.asked().len(), 4);
        let told = pipeline.health().clock.unwrap();
        assert!(told.starts_with(&format!("the clock of this host is 24 h 0 min {side} the back end's")), "{told}");
        assert_eq!((pipeline.health().problem, pipeline.shutdown(patience).left), (None, 0));
    }
}

#[test]
fn a_clock_that_is_right_is_not_spoken_of() {
    let wire = ahead(0);
    let mut exporter = super::answers::speaking_to(&wire);
    assert_eq!(futures_of(exporter.send(&spans(1))), Outcome::delivered(1));
    assert_eq!((exporter.remarks().skew, wire.asked().len()), (None, 1));
}

fn futures_of<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
