//! Kinesis, on moto.

use super::{SECRET, Stage, client};
use crate::world::aws;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;

const ARN: &str = "arn:aws:kinesis:us-east-1:123456789012:stream/counts";
const STREAM: (&str, &str) = ("aws.kinesis.stream_name", "counts");

#[tokio::test]
async fn streams_and_what_is_put_into_them() {
    let stage = Stage::on(aws().await.moto_url());
    let kinesis = client!(stage, aws_sdk_kinesis);
    kinesis.create_stream().stream_name("counts").shard_count(1).tags("k", SECRET).send().await.unwrap();
    stage.tells("Kinesis.CreateStream", &[STREAM]);
    let data = || Blob::new(SECRET);
    kinesis.put_record().stream_name("counts").partition_key(SECRET).data(data()).send().await.unwrap();
    stage.tells("Kinesis.PutRecord", &[STREAM]);
    let record = || PutRecordsRequestEntry::builder().partition_key(SECRET).data(data()).build().unwrap();
    kinesis.put_records().stream_arn(ARN).records(record()).records(record()).send().await.unwrap();
    stage.tells("Kinesis.PutRecords", &[STREAM, ("aws.kinesis.record_count", "2"), ("aws.kinesis.failed_count", "0")]);
    kinesis.describe_stream_summary().stream_name("counts").stream_arn(ARN).send().await.unwrap();
    stage.tells("Kinesis.DescribeStreamSummary", &[STREAM]);
    let consumer = kinesis.register_stream_consumer().stream_arn(ARN).consumer_name("reader").send().await.unwrap();
    stage.tells("Kinesis.RegisterStreamConsumer", &[STREAM]);
    let consumer = consumer.consumer.unwrap().consumer_arn;
    kinesis.describe_stream_consumer().consumer_arn(consumer).send().await.unwrap();
    stage.tells("Kinesis.DescribeStreamConsumer", &[STREAM]);
    kinesis.list_streams().send().await.unwrap();
    stage.tells("Kinesis.ListStreams", &[]);
}
