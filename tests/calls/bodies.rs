//! Calls whose answer is a stream: the span tells how much of it was read, until when, and how that ended.

use crate::staging::{Scene, bytes, scene};
use crate::world::config;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::{ByteStream, Length};
use opentelemetry::context::FutureExt;
use opentelemetry::trace::Status;
use opentelemetry::{KeyValue, Value};
use spawn_cloud::Clients;
use spawn_telemetry::propagation::remote_context;
use spawn_test_support::fault_proxy::{Action, Rule};
use std::time::Duration;

const SIZE: usize = 5_000_000;

impl Scene {
    async fn put(&self, key: &str, content: &[u8]) {
        self.clients
            .s3()
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .body(content.to_vec().into())
            .send()
            .await
            .unwrap();
        let span = self.spans.take_one();
        assert_eq!(said(&span.attributes, "http.request.body.size"), Some(whole(content.len())));
    }

    async fn get(&self, key: &str) -> GetObjectOutput {
        self.clients.s3().get_object().bucket(&self.bucket).key(key).send().await.unwrap()
    }
}

fn said(attributes: &[KeyValue], key: &str) -> Option<Value> {
    let mut found = attributes.iter().filter(|attribute| attribute.key.as_str() == key);
    let value = found.next().map(|attribute| attribute.value.clone());
    assert_eq!(found.next(), None, "{key} is there twice");
    value
}

fn whole(number: usize) -> Value {
    Value::I64(i64::try_from(number).unwrap())
}

/// Size, completeness, error and its type.
fn how(attributes: &[KeyValue]) -> [Option<Value>; 4] {
    ["http.response.body.size", "aws.response.complete", "error", "error.type"].map(|key| said(attributes, key))
}

#[tokio::test]
async fn an_object_that_is_read_whole_ends_its_span_with_its_last_byte() {
    let scene = scene().await;
    let content = bytes(SIZE);
    scene.put("o", &content).await;
    let answer = scene.get("o").await;
    assert_eq!(scene.spans.take(), []);
    let untraced = Clients::new(&config(&scene.proxy.url(), Duration::from_secs(60)), None);
    let other = untraced.s3().get_object().bucket(&scene.bucket).key("o").send().await.unwrap();
    assert_eq!(answer.body.size_hint(), other.body.size_hint());
    assert_eq!(answer.content_length, other.content_length);
    assert_eq!(answer.body.collect().await.unwrap().into_bytes(), content);
    let span = scene.spans.take_one();
    assert_eq!(how(&span.attributes), [Some(whole(SIZE)), Some(true.into()), Some(false.into()), None]);
    let [Some(Value::I64(first)), Some(Value::I64(last))] =
        ["aws.response.first_byte_ms", "aws.response.last_byte_ms"].map(|key| said(&span.attributes, key))
    else {
        panic!("{span:#?}")
    };
    let length = span.end_time.duration_since(span.start_time).unwrap().as_millis();
    assert!(first <= last && u128::try_from(last).unwrap() == length, "{first} {last} {length}");
}

#[tokio::test]
async fn an_object_that_is_read_through_a_reader_is_the_same() {
    let scene = scene().await;
    let content = bytes(SIZE);
    scene.put("o", &content).await;
    let mut read = Vec::new();
    let mut reader = scene.get("o").await.body.into_async_read();
    tokio::io::copy(&mut reader, &mut read).await.unwrap();
    assert_eq!(read, content);
    drop(reader);
    assert_eq!(how(&scene.spans.take_one().attributes)[1], Some(true.into()));
}

#[tokio::test]
async fn an_object_that_is_dropped_half_read_says_how_far_it_was_read() {
    let scene = scene().await;
    scene.put("o", &bytes(SIZE)).await;
    let mut body = scene.get("o").await.body;
    let mut read = 0;
    while read < SIZE / 2 {
        read += body.next().await.unwrap().unwrap().len();
    }
    assert_eq!(scene.spans.take(), []);
    drop(body);
    let span = scene.spans.take_one();
    assert_eq!(how(&span.attributes), [Some(whole(read)), Some(false.into()), Some(false.into()), None]);
    assert_eq!(span.status, Status::Unset);
}

#[tokio::test]
async fn an_object_that_nobody_reads_has_a_span_without_bytes() {
    let scene = scene().await;
    scene.put("o", &bytes(SIZE)).await;
    drop(scene.get("o").await);
    let span = scene.spans.take_one();
    assert_eq!(how(&span.attributes), [Some(whole(0)), Some(false.into()), Some(false.into()), None]);
    assert_eq!(said(&span.attributes, "aws.response.first_byte_ms"), None);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_the_spans_error() {
    let scene = scene().await;
    scene.put("o", &bytes(SIZE)).await;
    let path = format!("/{}/o", scene.bucket);
    scene.proxy.script([Rule::new(Action::Truncate(1_000_000)).method("GET").path(&path)]);
    let mut body = scene.get("o").await.body;
    let mut read = 0;
    let error = loop {
        match body.next().await.unwrap() {
            Ok(chunk) => read += chunk.len(),
            Err(error) => break error,
        }
    };
    let span = scene.spans.take_one();
    let connection = Some("connection".into());
    assert_eq!(
        how(&span.attributes),
        [Some(whole(read)), Some(false.into()), Some(true.into()), connection],
        "{error}"
    );
    assert!(matches!(&span.status, Status::Error { description } if !description.is_empty()), "{span:#?}");
}

#[tokio::test]
async fn an_empty_object_and_a_part_of_one_are_complete() {
    let scene = scene().await;
    scene.put("empty", b"").await;
    assert_eq!(scene.get("empty").await.body.collect().await.unwrap().into_bytes(), "");
    assert_eq!(how(&scene.spans.take_one().attributes)[0], Some(whole(0)));
    scene.put("o", &bytes(1000)).await;
    let part = scene.clients.s3().get_object().bucket(&scene.bucket).key("o").range("bytes=100-299").send();
    assert_eq!(part.await.unwrap().body.collect().await.unwrap().into_bytes(), bytes(1000)[100..300]);
    let span = scene.spans.take_one();
    assert_eq!(how(&span.attributes), [Some(whole(200)), Some(true.into()), Some(false.into()), None]);
    assert_eq!(said(&span.attributes, "http.response.status_code"), Some(206.into()));
}

#[tokio::test]
async fn a_body_that_is_still_read_when_the_program_ends_is_told_as_far_as_it_was_read() {
    let scene = scene().await;
    scene.put("o", &bytes(SIZE)).await;
    let mut body = scene.get("o").await.body;
    let read = body.next().await.unwrap().unwrap().len();
    scene.telemetry.shutdown(Duration::ZERO);
    assert_eq!(
        how(&scene.spans.take_one().attributes),
        [Some(whole(read)), Some(false.into()), Some(false.into()), None]
    );
    drop(body);
    assert_eq!(scene.spans.take(), []);
}

#[tokio::test]
async fn what_is_not_found_or_not_sampled_is_not_followed() {
    let scene = scene().await;
    let missing = scene.clients.s3().get_object().bucket(&scene.bucket).key("missing").send().await;
    assert!(missing.is_err());
    let span = scene.spans.take_one();
    assert_eq!(said(&span.attributes, "aws.response.complete"), None);
    assert_eq!(said(&span.attributes, "error.type"), Some("NoSuchKey".into()));
    scene.put("o", b"text").await;
    let unsampled = remote_context("00-58406520a006649127e371903a2de979-53995c3f42cd8ad8-00", None).unwrap();
    let answer = scene.get("o").with_context(unsampled).await;
    assert_eq!(answer.body.collect().await.unwrap().into_bytes(), "text");
    assert_eq!(scene.spans.take(), []);
}

#[tokio::test]
async fn an_upload_tells_the_size_of_what_it_brings_however_it_comes() {
    let scene = scene().await;
    let s3 = scene.clients.s3();
    let file = scene.file("part.bin", &bytes(5_300_000));
    let upload = s3.create_multipart_upload().bucket(&scene.bucket).key("o").send().await.unwrap();
    let body =
        ByteStream::read_from().path(&file).offset(100_000).length(Length::Exact(5_200_000)).build().await.unwrap();
    let part =
        s3.upload_part().bucket(&scene.bucket).key("o").set_upload_id(upload.upload_id).part_number(1).body(body);
    part.send().await.unwrap();
    let spans = scene.spans.take();
    let size = |name: &str| {
        let span = spans.iter().find(|span| span.name == *name).unwrap();
        said(&span.attributes, "http.request.body.size")
    };
    assert_eq!((size("S3.UploadPart"), size("S3.CreateMultipartUpload")), (Some(whole(5_200_000)), None));
}

#[tokio::test]
async fn bytes_that_are_not_those_of_the_checksum_are_the_spans_error() {
    let scene = scene().await;
    // The checksum is that of another text.
    let headers = [("x-amz-checksum-crc32", "i9aeUg=="), ("x-amz-checksum-type", "FULL_OBJECT")];
    scene.proxy.script([Rule::new(Action::respond(200, &headers, "Hello word!")).method("GET")]);
    let error = scene.get("o").await.body.collect().await.unwrap_err();
    let span = scene.spans.take_one();
    let response = Some("response".into());
    assert_eq!(how(&span.attributes), [Some(whole(11)), Some(false.into()), Some(true.into()), response], "{error:?}");
    let told = said(&span.attributes, "error.message").unwrap();
    assert!(told.as_str().contains("checksum mismatch"), "{told:?}");
}

#[tokio::test]
async fn whoever_knows_the_size_and_stops_there_has_read_it_all() {
    let scene = scene().await;
    scene.put("o", &bytes(SIZE)).await;
    let mut body = scene.get("o").await.body;
    let mut read = 0;
    while read < SIZE {
        read += body.next().await.unwrap().unwrap().len();
    }
    assert_eq!(scene.spans.take(), []);
    drop(body);
    assert_eq!(how(&scene.spans.take_one().attributes)[..2], [Some(whole(SIZE)), Some(true.into())]);
}
