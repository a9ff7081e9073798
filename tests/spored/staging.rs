//! Inputs of all kinds, as tasks meet them.

use crate::array::{Array, BUCKET, bucket, worker};
use crate::fixture::{aws, named, spans, stop};
use crate::instance::children;
use spawn_cloud::arrays::TaskState;

/// Runs `code`, in which `put(key, body)` writes an object.
async fn put(code: &str) {
    let aws = aws().await;
    bucket(aws).await;
    let code = format!(
        "s3 = boto3.client('s3')\nput = lambda key, body, **more: s3.put_object(Bucket='{BUCKET}', Key=key, Body=body, **more)\n{code}\nTrue"
    );
    aws.boto3(&code).await.unwrap();
}

#[tokio::test]
async fn a_script_in_the_input_is_the_command_and_its_results_are_stored_in_parallel() {
    put("put('tools/align.sh', b'#!/bin/sh\\nfor n in a b c; do echo $1 > output/$n; done\\n')").await;
    let aws = aws().await;
    let array = Array::seed_with(aws, "scripted", 1, "", |array| {
        array.command = ["./align.sh", "{index:03}"].map(str::to_owned).to_vec();
        array.shell = false;
        array.input = Some(format!("s3://{BUCKET}/tools/"));
    });
    let array = array.await;
    let agent = worker(aws, &array, 1).run(&[]).await;
    array.ended().await;
    assert_eq!(array.tasks().await[0].state, TaskState::Succeeded);
    let spans = spans(&stop(agent).await);
    let mut names = children(&spans, named(&spans, "stage out"));
    names.sort_unstable();
    let key = |name: &str| format!("stage arrays/{}/000000/output/{name}", array.id());
    assert_eq!(names, [key("a"), key("b"), key("c")]);
    for name in names {
        assert_eq!(children(&spans, named(&spans, name)), ["S3.PutObject"]);
    }
    assert_eq!(children(&spans, named(&spans, "stage tools/align.sh")), ["S3.GetObject"]);
}

#[tokio::test]
async fn an_input_that_cannot_be_is_told_on_the_task() {
    put("put('clash/a', b'x'); put('clash/a/b', b'x')").await;
    let aws = aws().await;
    for (name, input, expected) in [
        ("empty", format!("s3://{BUCKET}/nothing-here"), "has no objects: check the bucket and the prefix"),
        ("clashing", format!("s3://{BUCKET}/clash/"), "it would be both a file and a folder"),
        ("bucketless", "s3://no-such-bucket/in/".to_owned(), "s3://no-such-bucket/in/: S3 ListObjectsV2: NoSuchBucket"),
        ("odd", "s3://Data/../in".to_owned(), "has no bucket's name"),
    ] {
        let array = Array::seed_with(aws, name, 1, "exit 0", |array| array.input = Some(input)).await;
        let agent = worker(aws, &array, 1).run(&[]).await;
        array.ended().await;
        let task = &array.tasks().await[0];
        let reason = task.reason.as_deref().unwrap();
        assert!(
            task.state == TaskState::Failed && reason.starts_with("its input") && reason.contains(expected),
            "{reason}"
        );
        stop(agent).await;
    }
}

#[tokio::test]
async fn an_object_whose_context_is_none_is_staged_all_the_same() {
    put("put('odd/a', b'x', Metadata={'traceparent': 'x' * 900})").await;
    let aws = aws().await;
    let input = format!("s3://{BUCKET}/odd/");
    let array = Array::seed_with(aws, "odd", 1, "cat a", |array| array.input = Some(input)).await;
    let agent = worker(aws, &array, 1).run(&[]).await;
    array.ended().await;
    assert_eq!(array.tasks().await[0].state, TaskState::Succeeded);
    let log = stop(agent).await;
    assert!(log.contains("the trace context of an object is of no use and left out"), "{log}");
}
