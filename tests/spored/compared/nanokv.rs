//! NanoKV: "Per-replica operations run in parallel with individual child spans", "All spans include relevant metadata", and a
//! PUT whose steps stand below it in order. Ours: the transfers of a task's inputs and results.

use super::{below, times, whole_spans};
use crate::array::{Array, BUCKET, bucket, worker};
use crate::fixture::{attribute, aws, named, stop};
use serde_json::{Value, json};

#[tokio::test]
async fn a_task_is_a_tree_of_its_steps_and_its_transfers_are_parallel_children() {
    let aws = aws().await;
    bucket(aws).await;
    let put = format!(
        "s3 = boto3.client('s3')\nfor i in range(6): s3.put_object(Bucket='{BUCKET}', Key=f'nanokv/part-{{i}}', Body=b'x' * 200000)"
    );
    aws.boto3(&put).await.unwrap();
    let command = "cp part-* output/";
    let input = Some(format!("s3://{BUCKET}/nanokv/"));
    let array = Array::seed_with(aws, "put", 1, command, |array| array.input = input).await;
    let agent = worker(aws, &array, 1).run(&[]).await;
    array.ended().await;
    let spans = whole_spans(&stop(agent).await);
    let task = named(&spans, "task put[0]");
    let mut steps = below(&spans, task);
    steps.sort_by_key(|step| times(step));
    let names: Vec<&Value> = steps.iter().map(|step| &step["name"]).collect();
    assert_eq!(names, ["claim", "stage in", "run", "stage out", "complete"]);
    for (earlier, later) in steps.iter().zip(&steps[1..]) {
        assert!(times(earlier).1 <= times(later).0, "one after the other: {earlier:#} {later:#}");
    }
    for (step, call, folder) in [(steps[1], "S3.GetObject", "nanokv"), (steps[3], "S3.PutObject", "arrays")] {
        let transfers: Vec<&Value> = below(&spans, step)
            .into_iter()
            .filter(|span| span["name"].as_str().unwrap().starts_with("stage "))
            .collect();
        assert_eq!(transfers.len(), 6, "{step:#}");
        let overlap =
            |one: &Value, other: &Value| one != other && times(one).0 < times(other).1 && times(other).0 < times(one).1;
        for transfer in &transfers {
            assert!(transfers.iter().any(|other| overlap(transfer, other)), "alone: {transfer:#}");
            let calls = below(&spans, transfer);
            assert_eq!(calls.iter().map(|call| &call["name"]).collect::<Vec<_>>(), [call], "{transfer:#}");
            let key = attribute(calls[0], "aws.s3.key").unwrap().as_str().unwrap();
            assert!(key.starts_with(folder) && key.contains("/part-"), "{key}");
            assert_eq!(attribute(calls[0], "aws.s3.bucket"), Some(&json!(BUCKET)));
        }
    }
}

#[tokio::test]
async fn an_object_says_which_span_wrote_it_and_whoever_reads_it_links_there() {
    let aws = aws().await;
    bucket(aws).await;
    let writer = Array::seed(aws, "writes", 1, "echo result > output/result").await;
    let agent = worker(aws, &writer, 1).run(&[]).await;
    writer.ended().await;
    let written = whole_spans(&stop(agent).await);
    let input = Some(writer.tasks().await[0].output.clone().unwrap());
    let reader = Array::seed_with(aws, "reads", 1, "cat result", |array| array.input = input).await;
    let agent = worker(aws, &reader, 1).run(&[]).await;
    reader.ended().await;
    let read = whole_spans(&stop(agent).await);
    let object = |spans: &[Value], step: &str| {
        let step = named(spans, step);
        let mut objects = below(spans, step);
        objects.retain(|span| span["name"].as_str().unwrap().starts_with("stage "));
        let [object] = objects.try_into().unwrap();
        object.clone()
    };
    let (put, got) = (object(&written, "stage out"), object(&read, "stage in"));
    assert_eq!(super::links(&got), [super::ids(&put)], "{got:#}");
}
