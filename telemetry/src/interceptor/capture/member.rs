//! Members of the services' inputs that say what a call was about, service by service.

use opentelemetry_semantic_conventions::attribute as semconv;

use crate::attribute;

/// A service as its calls are described.
#[derive(Debug)]
pub(in crate::interceptor) struct Service {
    /// Name by which requests are signed: all that is known of a service before its operation is.
    pub(super) signing_name: &'static str,
    /// Service ids of the SDKs whose operations have these members.
    pub(in crate::interceptor) ids: &'static [&'static str],
    pub(in crate::interceptor) members: &'static [Member],
}

/// A member of an input and what becomes of it.
#[derive(Debug)]
pub(in crate::interceptor) struct Member {
    pub(in crate::interceptor) name: &'static str,
    pub(in crate::interceptor) rule: Rule,
    /// Ends of the names of the operations in which the member means this; none where it does in all.
    pub(in crate::interceptor) operations: &'static [&'static str],
}

/// What becomes of a value.
#[derive(Clone, Copy, Debug)]
pub(in crate::interceptor) enum Rule {
    /// The value is the attribute.
    Plain(&'static str),
    /// The value is the only one of a list.
    List(&'static str),
    /// The value is the attribute if it is an ARN; the member takes plain names too.
    Arn(&'static str),
    /// A name, or an ARN that has it behind these letters.
    Name(&'static str, &'static str),
    Table,
    Queue,
    Topic,
    Subscription,
    Function,
    /// The ARN of something that a state machine does: it names the machine.
    Execution,
    LogGroup,
}

impl Rule {
    /// The attributes that it may set, in their order.
    #[cfg(test)]
    pub(in crate::interceptor) fn keys(self) -> Vec<&'static str> {
        match self {
            Self::Plain(key) | Self::List(key) | Self::Arn(key) | Self::Name(key, _) => vec![key],
            Self::Table => vec![semconv::AWS_DYNAMODB_TABLE_NAMES, semconv::DB_COLLECTION_NAME],
            Self::Queue => vec![semconv::AWS_SQS_QUEUE_URL, semconv::MESSAGING_DESTINATION_NAME],
            Self::Topic | Self::Subscription => {
                vec![semconv::AWS_SNS_TOPIC_ARN, semconv::MESSAGING_DESTINATION_NAME]
            }
            Self::Function => vec![
                semconv::FAAS_INVOKED_NAME,
                semconv::FAAS_INVOKED_PROVIDER,
                semconv::FAAS_INVOKED_REGION,
                semconv::AWS_LAMBDA_INVOKED_ARN,
            ],
            Self::Execution => vec![semconv::AWS_STEP_FUNCTIONS_STATE_MACHINE_ARN],
            Self::LogGroup => vec![semconv::AWS_LOG_GROUP_NAMES, semconv::AWS_LOG_GROUP_ARNS],
        }
    }
}

const fn member(name: &'static str, rule: Rule) -> Member {
    Member { name, rule, operations: &[] }
}

const fn member_of(operations: &'static [&'static str], name: &'static str, rule: Rule) -> Member {
    Member { name, rule, operations }
}

impl Member {
    /// Whether the member means this in the operation.
    pub(super) fn is_of(&self, operation: &str) -> bool {
        self.operations.is_empty() || self.operations.iter().any(|end| operation.ends_with(end))
    }
}

const DYNAMODB: &[Member] = &[
    member("TableName", Rule::Table),
    member("IndexName", Rule::Plain(semconv::AWS_DYNAMODB_INDEX_NAME)),
    member("ProjectionExpression", Rule::Plain(semconv::AWS_DYNAMODB_PROJECTION)),
    member("ExclusiveStartTableName", Rule::Plain(semconv::AWS_DYNAMODB_EXCLUSIVE_START_TABLE)),
    member("TableArn", Rule::Table),
];

const S3: &[Member] = &[
    member("Bucket", Rule::Plain(semconv::AWS_S3_BUCKET)),
    member("Key", Rule::Plain(semconv::AWS_S3_KEY)),
    member("CopySource", Rule::Plain(semconv::AWS_S3_COPY_SOURCE)),
    member("UploadId", Rule::Plain(semconv::AWS_S3_UPLOAD_ID)),
];

const SQS: &[Member] =
    &[member("QueueUrl", Rule::Queue), member("QueueName", Rule::Plain(semconv::MESSAGING_DESTINATION_NAME))];

const SNS: &[Member] = &[
    member("TopicArn", Rule::Topic),
    member("TargetArn", Rule::Topic),
    member("SubscriptionArn", Rule::Subscription),
    member_of(&["CreateTopic"], "Name", Rule::Plain(semconv::MESSAGING_DESTINATION_NAME)),
];

const LAMBDA: &[Member] =
    &[member("FunctionName", Rule::Function), member("UUID", Rule::Plain(semconv::AWS_LAMBDA_RESOURCE_MAPPING_ID))];

const EC2: &[Member] = &[
    member("ImageId", Rule::Plain(attribute::AWS_EC2_IMAGE_ID)),
    member("SubnetId", Rule::Plain(attribute::AWS_EC2_SUBNET_ID)),
    member("InstanceId", Rule::List(attribute::AWS_EC2_INSTANCE_IDS)),
];

const KINESIS: &[Member] = &[
    member("StreamName", Rule::Plain(semconv::AWS_KINESIS_STREAM_NAME)),
    member("StreamARN", Rule::Name(semconv::AWS_KINESIS_STREAM_NAME, "stream/")),
    member("ConsumerARN", Rule::Name(semconv::AWS_KINESIS_STREAM_NAME, "stream/")),
];

const STEP_FUNCTIONS: &[Member] = &[
    member("stateMachineArn", Rule::Plain(semconv::AWS_STEP_FUNCTIONS_STATE_MACHINE_ARN)),
    member("activityArn", Rule::Plain(semconv::AWS_STEP_FUNCTIONS_ACTIVITY_ARN)),
    member("stateMachineAliasArn", Rule::Plain(semconv::AWS_STEP_FUNCTIONS_STATE_MACHINE_ARN)),
    member("stateMachineVersionArn", Rule::Plain(semconv::AWS_STEP_FUNCTIONS_STATE_MACHINE_ARN)),
    member("executionArn", Rule::Execution),
    member("mapRunArn", Rule::Execution),
];

const SECRETS_MANAGER: &[Member] = &[member("SecretId", Rule::Arn(semconv::AWS_SECRETSMANAGER_SECRET_ARN))];

const EVENTBRIDGE: &[Member] = &[
    member("EventBusName", Rule::Name(attribute::AWS_EVENTBRIDGE_BUS_NAME, "event-bus/")),
    member_of(&["EventBus"], "Name", Rule::Name(attribute::AWS_EVENTBRIDGE_BUS_NAME, "event-bus/")),
    member("Rule", Rule::Plain(attribute::AWS_EVENTBRIDGE_RULE_NAME)),
    member_of(&["Rule"], "Name", Rule::Plain(attribute::AWS_EVENTBRIDGE_RULE_NAME)),
];

const STS: &[Member] = &[
    member("RoleArn", Rule::Plain(attribute::AWS_STS_ROLE_ARN)),
    member("RoleSessionName", Rule::Plain(attribute::AWS_STS_ROLE_SESSION_NAME)),
];

const SSM: &[Member] = &[
    member("Path", Rule::Plain(attribute::AWS_SSM_PARAMETER_PATH)),
    member_of(
        &["SendCommand", "StartAutomationExecution", "StartSession"],
        "DocumentName",
        Rule::Plain(attribute::AWS_SSM_DOCUMENT_NAME),
    ),
    member_of(&["Document", "DocumentPermission"], "Name", Rule::Plain(attribute::AWS_SSM_DOCUMENT_NAME)),
    member("CommandId", Rule::Plain(attribute::AWS_SSM_COMMAND_ID)),
];

const LOGS: &[Member] = &[
    member("logGroupName", Rule::LogGroup),
    member("logGroupIdentifier", Rule::LogGroup),
    member("logStreamName", Rule::List(semconv::AWS_LOG_STREAM_NAMES)),
];

const IAM: &[Member] = &[
    member("RoleName", Rule::Plain(attribute::AWS_IAM_ROLE_NAME)),
    member("InstanceProfileName", Rule::Plain(attribute::AWS_IAM_INSTANCE_PROFILE_NAME)),
    member("PolicyName", Rule::Plain(attribute::AWS_IAM_POLICY_NAME)),
    member("PolicyArn", Rule::Plain(attribute::AWS_IAM_POLICY_ARN)),
];

const fn service(signing_name: &'static str, ids: &'static [&'static str], members: &'static [Member]) -> Service {
    Service { signing_name, ids, members }
}

/// The services whose calls are described; those that are called most come first.
pub(in crate::interceptor) const SERVICES: [Service; 14] = [
    service("dynamodb", &["DynamoDB"], DYNAMODB),
    service("s3", &["S3"], S3),
    service("sqs", &["SQS"], SQS),
    service("sns", &["SNS"], SNS),
    service("lambda", &["Lambda"], LAMBDA),
    service("ec2", &["EC2"], EC2),
    service("kinesis", &["Kinesis"], KINESIS),
    service("states", &["SFN"], STEP_FUNCTIONS),
    service("secretsmanager", &["Secrets Manager"], SECRETS_MANAGER),
    service("events", &["EventBridge", "CloudWatch Events"], EVENTBRIDGE),
    service("sts", &["STS"], STS),
    service("ssm", &["SSM"], SSM),
    service("logs", &["CloudWatch Logs"], LOGS),
    service("iam", &["IAM"], IAM),
];
