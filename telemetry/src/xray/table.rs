//! The one table of the translation: which attribute goes to which field of X-Ray's. `docs/reference/xray.md` shows it, and
//! spans are read by it.

mod index;

pub(super) use index::find;

/// Where an attribute goes. The order is that of [`PLACES`], and that of the fields in the `aws` block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Slot {
    System,
    Error,
    Throttled,
    Attempts,
    Status,
    RpcService,
    RpcMethod,
    AwsService,
    AwsRegion,
    CloudRegion,
    ErrorMessage,
    User,
    Method,
    Url,
    UserAgent,
    ClientIp,
    ContentLength,
    Traced,
    DbSystem,
    DbQuery,
    DbConnection,
    DbUser,
    Precursors,
    Annotations,
    // Looked at here, and kept in the metadata too.
    Resend,
    LocalService,
    RemoteService,
    Peer,
    ServerAddress,
    ServerPort,
    Scheme,
    Path,
    NetworkPeer,
    DbNamespace,
    // Annotations, in order of importance.
    Instance,
    ArrayId,
    ArrayName,
    ArrayIndex,
    Task,
    TaskAttempt,
    TaskOutcome,
    Command,
    Operation,
    ErrorType,
    // The `aws` block.
    RequestId,
    ExtendedRequestId,
    RemoteAccount,
    TableNames,
    ConsistentRead,
    Projection,
    Limit,
    IndexName,
    Select,
    ScanForward,
    AttributesToGet,
    Segment,
    TotalSegments,
    ExclusiveStartTable,
    ConsumedCapacity,
    Count,
    ScannedCount,
    TableCount,
    ItemCollectionMetrics,
    GlobalIndexes,
    LocalIndexes,
    Definitions,
    IndexUpdates,
    BucketName,
    Key,
    CopySource,
    VersionId,
    UploadId,
    PartNumber,
    QueueUrl,
    MessageId,
    MessageCount,
    WaitTime,
    VisibilityTimeout,
    TopicArn,
    FunctionName,
    InvocationType,
    FunctionError,
    ExecutedVersion,
    StreamName,
    StateMachine,
    Activity,
    EventBus,
    EventRule,
    // All of them are items of `aws.resource_names`.
    InvokedArn,
    SecretArn,
    InstanceIds,
    RoleArn,
    LogGroupArns,
    LogGroups,
    ParameterNames,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) slot: Slot,
    /// X-Ray's field, with dots between the levels.
    pub(super) field: &'static str,
    /// Names of the attribute: today's first, then those of older conventions and other SDKs.
    pub(super) names: &'static [&'static str],
}

const fn row(slot: Slot, field: &'static str, names: &'static [&'static str]) -> Place {
    Place { slot, field, names }
}

/// How many rows there are.
pub(super) const SLOTS: usize = Slot::ParameterNames as usize + 1;

/// The table. Rows whose slot is looked at in several places say the foremost one.
pub(super) const PLACES: [Place; SLOTS] = [
    row(Slot::System, "namespace", &["rpc.system.name", "rpc.system"]),
    row(Slot::Error, "error, fault", &["error"]),
    row(Slot::Throttled, "throttle", &["aws.throttled"]),
    row(Slot::Attempts, "aws.retries", &["aws.attempts"]),
    row(Slot::Status, "http.response.status", &["http.response.status_code", "http.status_code"]),
    row(Slot::RpcService, "name", &["rpc.service"]),
    row(Slot::RpcMethod, "aws.operation", &["rpc.method"]),
    row(Slot::AwsService, "annotations.aws_service", &["aws.service"]),
    row(Slot::AwsRegion, "aws.region", &["aws.region"]),
    row(Slot::CloudRegion, "aws.region", &["cloud.region"]),
    row(Slot::ErrorMessage, "cause.exceptions.message", &["error.message"]),
    row(Slot::User, "user", &["user.id", "enduser.id"]),
    row(Slot::Method, "http.request.method", &["http.request.method", "http.method"]),
    row(Slot::Url, "http.request.url", &["url.full", "http.url"]),
    row(Slot::UserAgent, "http.request.user_agent", &["user_agent.original", "http.user_agent"]),
    row(Slot::ClientIp, "http.request.client_ip", &["client.address", "http.client_ip"]),
    row(
        Slot::ContentLength,
        "http.response.content_length",
        &["http.response.body.size", "http.response_content_length"],
    ),
    row(Slot::Traced, "http.request.traced", &["aws.xray.traced"]),
    row(Slot::DbSystem, "sql.database_type", &["db.system.name", "db.system"]),
    row(Slot::DbQuery, "sql.sanitized_query", &["db.query.text", "db.statement"]),
    row(Slot::DbConnection, "sql.url, sql.connection_string", &["db.connection_string"]),
    row(Slot::DbUser, "sql.user", &["db.user"]),
    row(Slot::Precursors, "precursor_ids", &["aws.xray.precursor_ids"]),
    row(Slot::Annotations, "annotations", &["aws.xray.annotations"]),
    row(Slot::Resend, "namespace", &["http.request.resend_count"]),
    row(Slot::LocalService, "name", &["aws.local.service"]),
    row(Slot::RemoteService, "name", &["aws.remote.service"]),
    row(Slot::Peer, "name", &["service.peer.name", "peer.service"]),
    row(
        Slot::ServerAddress,
        "name, http.request.url, sql.url",
        &["server.address", "http.host", "net.peer.name", "net.host.name"],
    ),
    row(Slot::ServerPort, "http.request.url, sql.url", &["server.port", "net.peer.port", "net.host.port"]),
    row(Slot::Scheme, "http.request.url", &["url.scheme", "http.scheme"]),
    row(Slot::Path, "http.request.url", &["url.path", "http.target"]),
    row(
        Slot::NetworkPeer,
        "http.request.x_forwarded_for",
        &["network.peer.address", "net.sock.peer.addr", "net.peer.ip"],
    ),
    row(Slot::DbNamespace, "name, sql.url", &["db.namespace", "db.name"]),
    row(Slot::Instance, "annotations.spawn_instance_id", &["spawn.instance_id"]),
    row(Slot::ArrayId, "annotations.spawn_job_array_id", &["spawn.job_array_id"]),
    row(Slot::ArrayName, "annotations.spawn_job_array_name", &["spawn.job_array.name"]),
    row(Slot::ArrayIndex, "annotations.spawn_job_array_index", &["spawn.job_array_index"]),
    row(Slot::Task, "annotations.task_id", &["task_id"]),
    row(Slot::TaskAttempt, "annotations.spawn_task_attempt", &["spawn.task.attempt"]),
    row(Slot::TaskOutcome, "annotations.spawn_task_outcome", &["spawn.task.outcome"]),
    row(Slot::Command, "annotations.spawn_command", &["spawn.command"]),
    row(Slot::Operation, "aws.operation", &["aws.operation"]),
    row(Slot::ErrorType, "annotations.error_type", &["error.type"]),
    row(Slot::RequestId, "aws.request_id", &["aws.request_id", "aws.request.id", "aws.requestId"]),
    row(Slot::ExtendedRequestId, "aws.id_2", &["aws.extended_request_id", "aws.request.extended_id"]),
    row(Slot::RemoteAccount, "aws.account_id", &["aws.remote.account_id", "aws.account_id"]),
    row(Slot::TableNames, "aws.table_name", &["aws.dynamodb.table_names", "aws.table_name", "aws.table.name"]),
    row(Slot::ConsistentRead, "aws.consistent_read", &["aws.dynamodb.consistent_read"]),
    row(Slot::Projection, "aws.projection_expression", &["aws.dynamodb.projection"]),
    row(Slot::Limit, "aws.limit", &["aws.dynamodb.limit"]),
    row(Slot::IndexName, "aws.index_name", &["aws.dynamodb.index_name"]),
    row(Slot::Select, "aws.select", &["aws.dynamodb.select"]),
    row(Slot::ScanForward, "aws.scan_index_forward", &["aws.dynamodb.scan_forward"]),
    row(Slot::AttributesToGet, "aws.attributes_to_get", &["aws.dynamodb.attributes_to_get"]),
    row(Slot::Segment, "aws.segment", &["aws.dynamodb.segment"]),
    row(Slot::TotalSegments, "aws.total_segments", &["aws.dynamodb.total_segments"]),
    row(Slot::ExclusiveStartTable, "aws.exclusive_start_table_name", &["aws.dynamodb.exclusive_start_table"]),
    row(Slot::ConsumedCapacity, "aws.consumed_capacity", &["aws.dynamodb.consumed_capacity"]),
    row(Slot::Count, "aws.count", &["aws.dynamodb.count"]),
    row(Slot::ScannedCount, "aws.scanned_count", &["aws.dynamodb.scanned_count"]),
    row(Slot::TableCount, "aws.table_count", &["aws.dynamodb.table_count"]),
    row(Slot::ItemCollectionMetrics, "aws.item_collection_metrics", &["aws.dynamodb.item_collection_metrics"]),
    row(Slot::GlobalIndexes, "aws.global_secondary_indexes", &["aws.dynamodb.global_secondary_indexes"]),
    row(Slot::LocalIndexes, "aws.local_secondary_indexes", &["aws.dynamodb.local_secondary_indexes"]),
    row(Slot::Definitions, "aws.attribute_definitions", &["aws.dynamodb.attribute_definitions"]),
    row(Slot::IndexUpdates, "aws.global_secondary_index_updates", &["aws.dynamodb.global_secondary_index_updates"]),
    row(Slot::BucketName, "aws.bucket_name", &["aws.s3.bucket"]),
    row(Slot::Key, "aws.key", &["aws.s3.key"]),
    row(Slot::CopySource, "aws.copy_source", &["aws.s3.copy_source"]),
    row(Slot::VersionId, "aws.version_id", &["aws.s3.version_id"]),
    row(Slot::UploadId, "aws.upload_id", &["aws.s3.upload_id"]),
    row(Slot::PartNumber, "aws.part_number", &["aws.s3.part_number"]),
    row(Slot::QueueUrl, "aws.queue_url", &["aws.sqs.queue.url", "aws.queue_url", "aws.queue.url", "messaging.url"]),
    row(Slot::MessageId, "aws.message_id", &["messaging.message.id", "messaging.message_id"]),
    row(Slot::MessageCount, "aws.message_count", &["messaging.batch.message_count"]),
    row(Slot::WaitTime, "aws.wait_time_seconds", &["aws.sqs.wait_time_seconds"]),
    row(Slot::VisibilityTimeout, "aws.visibility_timeout", &["aws.sqs.visibility_timeout_seconds"]),
    row(Slot::TopicArn, "aws.topic_arn", &["aws.sns.topic.arn"]),
    row(Slot::FunctionName, "aws.function_name", &["faas.invoked_name"]),
    row(Slot::InvocationType, "aws.invocation_type", &["aws.lambda.invocation_type"]),
    row(Slot::FunctionError, "aws.function_error", &["aws.lambda.function_error"]),
    row(Slot::ExecutedVersion, "aws.executed_version", &["aws.lambda.executed_version"]),
    row(Slot::StreamName, "aws.stream_name", &["aws.kinesis.stream_name", "aws.kinesis.stream.name"]),
    row(Slot::StateMachine, "aws.state_machine_arn", &["aws.step_functions.state_machine.arn"]),
    row(Slot::Activity, "aws.activity_arn", &["aws.step_functions.activity.arn"]),
    row(Slot::EventBus, "aws.event_bus_name", &["aws.eventbridge.bus_name"]),
    row(Slot::EventRule, "aws.rule_name", &["aws.eventbridge.rule_name"]),
    row(Slot::InvokedArn, "aws.resource_names", &["aws.lambda.invoked_arn"]),
    row(Slot::SecretArn, "aws.resource_names", &["aws.secretsmanager.secret.arn"]),
    row(Slot::InstanceIds, "aws.resource_names", &["aws.ec2.instance_ids"]),
    row(Slot::RoleArn, "aws.resource_names", &["aws.sts.role_arn"]),
    row(Slot::LogGroupArns, "aws.resource_names", &["aws.log.group.arns"]),
    row(Slot::LogGroups, "aws.resource_names", &["aws.log.group.names"]),
    row(Slot::ParameterNames, "aws.resource_names", &["aws.ssm.parameter_names"]),
];

impl Slot {
    /// Whether the attribute is kept in the metadata also where a field comes from it.
    pub(super) const fn stays(self) -> bool {
        let place = self as u8;
        Self::Resend as u8 <= place && place <= Self::DbNamespace as u8
    }
}

/// Slots of the annotations that are made without being asked for, the most important ones first.
pub(super) const SEARCHED: [Slot; 11] = [
    Slot::Instance,
    Slot::ArrayId,
    Slot::ArrayName,
    Slot::ArrayIndex,
    Slot::Task,
    Slot::TaskAttempt,
    Slot::TaskOutcome,
    Slot::Command,
    Slot::Operation,
    Slot::AwsService,
    Slot::ErrorType,
];

/// Those of the host and its work: they are told by the segment, the others by the call within.
pub(super) const OF_HOST: usize = 8;

/// A bit for each slot from the first to the last.
pub(super) const fn between(first: Slot, last: Slot) -> u128 {
    let (above, first) = (127 - last as u32, first as u32);
    (u128::MAX << above >> above >> first) << first
}

/// A bit for each of these slots.
pub(super) const fn bits(slots: &[Slot]) -> u128 {
    let (mut bits, mut at) = (0, 0);
    while at < slots.len() {
        bits |= 1 << slots[at] as u32;
        at += 1;
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_stands_where_its_slot_says_and_each_name_is_there_once() {
        let mut names = std::collections::BTreeSet::new();
        for (number, place) in PLACES.iter().enumerate() {
            assert_eq!(place.slot as usize, number, "{place:?}");
            assert!(place.names.iter().all(|name| names.insert(*name)), "{place:?}");
        }
    }
}
