//! CloudWatch Logs, on moto.

use super::{SECRET, Stage, client};
use crate::world::aws;
use aws_sdk_cloudwatchlogs::types::InputLogEvent;

const GROUP: (&str, &str) = ("aws.log.group.names", "/spawn/jobs");
const STREAM: (&str, &str) = ("aws.log.stream.names", "one");

#[tokio::test]
async fn log_groups_and_their_streams() {
    let stage = Stage::on(aws().await.moto_url());
    let logs = client!(stage, aws_sdk_cloudwatchlogs);
    logs.create_log_group().log_group_name("/spawn/jobs").tags("k", SECRET).send().await.unwrap();
    stage.tells("CloudWatch Logs.CreateLogGroup", &[GROUP]);
    logs.create_log_stream().log_group_name("/spawn/jobs").log_stream_name("one").send().await.unwrap();
    stage.tells("CloudWatch Logs.CreateLogStream", &[GROUP, STREAM]);
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap();
    let event = InputLogEvent::builder().timestamp(now).message(SECRET).build().unwrap();
    let put = logs.put_log_events().log_group_name("/spawn/jobs").log_stream_name("one");
    put.log_events(event).send().await.unwrap();
    stage.tells("CloudWatch Logs.PutLogEvents", &[GROUP, STREAM]);
    logs.get_log_events().log_group_name("/spawn/jobs").log_stream_name("one").send().await.unwrap();
    stage.tells("CloudWatch Logs.GetLogEvents", &[GROUP, STREAM]);
    let filter = logs.filter_log_events().log_group_name("/spawn/jobs").filter_pattern(SECRET);
    filter.log_stream_names("one").log_stream_names("two").send().await.unwrap();
    stage.tells("CloudWatch Logs.FilterLogEvents", &[GROUP, ("aws.log.stream.names", "one + two")]);
    let arn = "arn:aws:logs:us-east-1:123456789012:log-group:/spawn/jobs";
    logs.describe_log_streams().log_group_identifier(arn).send().await.ok();
    stage.tells("CloudWatch Logs.DescribeLogStreams", &[GROUP, ("aws.log.group.arns", arn)]);
    let query = logs.start_query().log_group_names("/spawn/jobs").log_group_names("/spawn/other");
    query.start_time(0).end_time(1).query_string(SECRET).send().await.ok();
    stage.tells("CloudWatch Logs.StartQuery", &[("aws.log.group.names", "/spawn/jobs + /spawn/other")]);
    logs.describe_log_groups().send().await.unwrap();
    stage.tells("CloudWatch Logs.DescribeLogGroups", &[]);
}
