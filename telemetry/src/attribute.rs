//! Names of the span and resource attributes: the conventions' own where they have one, ours where they do not.
//!
//! The semantic conventions are mid-way through two renamings (`rpc.system` to `rpc.system.name`, `rpc.service` into
//! `rpc.method`), and back ends read either name, so both are set. `docs/reference/spans.md` is tested against [`ALL`].

/// Lower-case service id, for example `dynamodb`.
pub const AWS_SERVICE: &str = "aws.service";
/// Operation name, for example `GetItem`.
pub const AWS_OPERATION: &str = "aws.operation";
/// Region the call went to; X-Ray reads this name, not `cloud.region`.
pub const AWS_REGION: &str = "aws.region";
/// Request id of the last attempt, on errors too.
pub const AWS_REQUEST_ID: &str = "aws.request_id";
/// S3's second request id (`x-amz-id-2`).
pub const AWS_EXTENDED_REQUEST_ID: &str = "aws.extended_request_id";
/// Number of attempts that the call took; 1 is a call without a retry.
pub const AWS_ATTEMPTS: &str = "aws.attempts";
/// Whether the call failed; always present on AWS spans.
pub const ERROR: &str = "error";
/// AWS error code, or `timeout`, `cancelled`, `connection`.
pub const ERROR_TYPE: &str = "error.type";
/// Error message as AWS gave it.
pub const ERROR_MESSAGE: &str = "error.message";
/// Whether the error was a throttle, by code or status 429.
pub const AWS_THROTTLED: &str = "aws.throttled";
/// Instance id, `i-…` or `local-HOSTNAME`.
pub const SPAWN_INSTANCE_ID: &str = "spawn.instance_id";
/// `ec2` or `local`.
pub const SPAWN_PROVIDER: &str = "spawn.provider";
/// Job array id.
pub const SPAWN_JOB_ARRAY_ID: &str = "spawn.job_array_id";
/// Index of the task in its job array.
pub const SPAWN_JOB_ARRAY_INDEX: &str = "spawn.job_array_index";
/// Name of the job array, as the operator gave it.
pub const SPAWN_JOB_ARRAY_NAME: &str = "spawn.job_array.name";
/// The task of an attempt, `ARRAY_ID/INDEX`: one value through all its attempts.
pub const TASK_ID: &str = "task_id";
/// Number of the attempt at a task; 1 is the first.
pub const SPAWN_TASK_ATTEMPT: &str = "spawn.task.attempt";
/// What became of an attempt, a word of `docs/reference/spans.md`.
pub const SPAWN_TASK_OUTCOME: &str = "spawn.task.outcome";
/// Number of the signal that ended the command of an attempt or of `exec`.
pub const SPAWN_TASK_SIGNAL: &str = "spawn.task.signal";
/// Exit code of a process.
pub const PROCESS_EXIT_CODE: &str = "process.exit.code";
/// File name of the program that a process runs, without its folder.
pub const PROCESS_COMMAND: &str = "process.command";
/// The program and its arguments, where the operator asked for them: they may hold secrets.
pub const PROCESS_COMMAND_ARGS: &str = "process.command_args";
/// The command or duty that a trace is about, for example `launch` or `boot`, on the programs' own spans.
pub const SPAWN_COMMAND: &str = "spawn.command";
/// Why the trace is recorded, on the first span of it in this process; `docs/reference/sampling.md` has the words.
pub const SPAWN_SAMPLING_REASON: &str = "spawn.sampling.reason";
/// Deprecated name that X-Ray's translators key on; value `aws-api`.
pub const RPC_SYSTEM: &str = "rpc.system";
/// Current name; value `aws-api`.
pub const RPC_SYSTEM_NAME: &str = "rpc.system.name";
/// Service id as the SDK writes it, for example `DynamoDB`.
pub const RPC_SERVICE: &str = "rpc.service";
/// Operation name.
pub const RPC_METHOD: &str = "rpc.method";
/// Region of the call, current name.
pub const CLOUD_REGION: &str = "cloud.region";
/// Status of the last attempt.
pub const HTTP_RESPONSE_STATUS_CODE: &str = "http.response.status_code";
/// HTTP method of the call.
pub const HTTP_REQUEST_METHOD: &str = "http.request.method";
/// Ordinal of the attempt, on attempt spans; 0 is the first.
pub const HTTP_REQUEST_RESEND_COUNT: &str = "http.request.resend_count";
/// Host of the endpoint.
pub const SERVER_ADDRESS: &str = "server.address";
/// Port of the endpoint.
pub const SERVER_PORT: &str = "server.port";
/// Address at the other end of the last attempt's connection: the service's, or a proxy's.
pub const NETWORK_PEER_ADDRESS: &str = "network.peer.address";
/// Port at the other end.
pub const NETWORK_PEER_PORT: &str = "network.peer.port";
/// Milliseconds waited before this attempt, on attempt spans.
pub const AWS_BACKOFF_MS: &str = "aws.attempt.backoff_ms";
/// Milliseconds from the start of the call to the first bytes of a body that the caller reads.
pub const AWS_RESPONSE_FIRST_BYTE_MS: &str = "aws.response.first_byte_ms";
/// Milliseconds from the start of the call to the last bytes of such a body.
pub const AWS_RESPONSE_LAST_BYTE_MS: &str = "aws.response.last_byte_ms";
/// Whether such a body was read to its end.
pub const AWS_RESPONSE_COMPLETE: &str = "aws.response.complete";
/// Where the credentials came from, as far as the SDK says: a word of `docs/reference/spans.md`.
pub const AWS_CREDENTIALS_SOURCE: &str = "aws.credentials.source";
/// Seconds for which the credentials are valid.
pub const AWS_CREDENTIALS_LIFETIME: &str = "aws.credentials.lifetime_seconds";
/// Value of `rpc.system` and `rpc.system.name`.
pub const AWS_API: &str = "aws-api";

/// Value of `error.type`: no answer in time.
pub const TIMEOUT: &str = "timeout";
/// Value of `error.type`: no connection, or it broke.
pub const CONNECTION: &str = "connection";
/// Value of `error.type`: the caller dropped the call.
pub const CANCELLED: &str = "cancelled";
/// Value of `error.type`: the process ended before the span did.
pub const ABORTED: &str = "aborted";
/// Value of `error.type`: the request could not be made, and nothing was sent.
pub const CONSTRUCTION: &str = "construction";
/// Value of `error.type`: the answer could not be read.
pub const RESPONSE: &str = "response";
/// Value of `error.type`: anything else, by the conventions' own word; `error.message` says more.
pub const OTHER: &str = "_OTHER";

/// Names of the attributes that were cut because their value was too long.
pub const SPAWN_CUT: &str = "spawn.cut";

// Of single services, where the conventions have no name. `docs/reference/spans.md` lists them with their services.

/// Image that an EC2 call is about.
pub const AWS_EC2_IMAGE_ID: &str = "aws.ec2.image_id";
/// Subnet that an EC2 call is about.
pub const AWS_EC2_SUBNET_ID: &str = "aws.ec2.subnet_id";
/// Instances that an EC2 call is about, or has made.
pub const AWS_EC2_INSTANCE_IDS: &str = "aws.ec2.instance_ids";
/// `DryRun`, `Event` or `RequestResponse`.
pub const AWS_LAMBDA_INVOCATION_TYPE: &str = "aws.lambda.invocation_type";
/// `Handled` or `Unhandled`: the call succeeded, the function did not.
pub const AWS_LAMBDA_FUNCTION_ERROR: &str = "aws.lambda.function_error";
/// Version of the function that ran.
pub const AWS_LAMBDA_EXECUTED_VERSION: &str = "aws.lambda.executed_version";
/// Records that a Kinesis call put.
pub const AWS_KINESIS_RECORD_COUNT: &str = "aws.kinesis.record_count";
/// Those of them that Kinesis refused, though the call succeeded.
pub const AWS_KINESIS_FAILED_COUNT: &str = "aws.kinesis.failed_count";
/// Event bus.
pub const AWS_EVENTBRIDGE_BUS_NAME: &str = "aws.eventbridge.bus_name";
/// Rule of an event bus.
pub const AWS_EVENTBRIDGE_RULE_NAME: &str = "aws.eventbridge.rule_name";
/// Events that EventBridge refused, though the call succeeded.
pub const AWS_EVENTBRIDGE_FAILED_COUNT: &str = "aws.eventbridge.failed_count";
/// Role that is assumed.
pub const AWS_STS_ROLE_ARN: &str = "aws.sts.role_arn";
/// Name that whoever assumes it goes by.
pub const AWS_STS_ROLE_SESSION_NAME: &str = "aws.sts.role_session_name";
/// Names of parameters, but not of secret ones.
pub const AWS_SSM_PARAMETER_NAMES: &str = "aws.ssm.parameter_names";
/// Path that parameters are looked up under.
pub const AWS_SSM_PARAMETER_PATH: &str = "aws.ssm.parameter_path";
/// Document.
pub const AWS_SSM_DOCUMENT_NAME: &str = "aws.ssm.document_name";
/// Command that was sent.
pub const AWS_SSM_COMMAND_ID: &str = "aws.ssm.command_id";
/// Role.
pub const AWS_IAM_ROLE_NAME: &str = "aws.iam.role_name";
/// Instance profile.
pub const AWS_IAM_INSTANCE_PROFILE_NAME: &str = "aws.iam.instance_profile_name";
/// Policy that is part of a role, a user or a group.
pub const AWS_IAM_POLICY_NAME: &str = "aws.iam.policy_name";
/// Managed policy.
pub const AWS_IAM_POLICY_ARN: &str = "aws.iam.policy_arn";

/// Every attribute name above that is not of a single service, as `docs/reference/spans.md` lists them.
pub const ALL: [&str; 43] = [
    AWS_SERVICE,
    AWS_OPERATION,
    AWS_REGION,
    CLOUD_REGION,
    AWS_REQUEST_ID,
    AWS_EXTENDED_REQUEST_ID,
    AWS_ATTEMPTS,
    AWS_THROTTLED,
    AWS_BACKOFF_MS,
    AWS_RESPONSE_FIRST_BYTE_MS,
    AWS_RESPONSE_LAST_BYTE_MS,
    AWS_RESPONSE_COMPLETE,
    AWS_CREDENTIALS_SOURCE,
    AWS_CREDENTIALS_LIFETIME,
    ERROR,
    ERROR_TYPE,
    ERROR_MESSAGE,
    SPAWN_INSTANCE_ID,
    SPAWN_PROVIDER,
    SPAWN_JOB_ARRAY_ID,
    SPAWN_JOB_ARRAY_INDEX,
    SPAWN_JOB_ARRAY_NAME,
    TASK_ID,
    SPAWN_TASK_ATTEMPT,
    SPAWN_TASK_OUTCOME,
    SPAWN_TASK_SIGNAL,
    PROCESS_EXIT_CODE,
    PROCESS_COMMAND,
    PROCESS_COMMAND_ARGS,
    RPC_SYSTEM,
    RPC_SYSTEM_NAME,
    RPC_SERVICE,
    RPC_METHOD,
    HTTP_REQUEST_METHOD,
    HTTP_RESPONSE_STATUS_CODE,
    HTTP_REQUEST_RESEND_COUNT,
    SERVER_ADDRESS,
    SERVER_PORT,
    NETWORK_PEER_ADDRESS,
    NETWORK_PEER_PORT,
    SPAWN_COMMAND,
    SPAWN_CUT,
    SPAWN_SAMPLING_REASON,
];

#[cfg(test)]
mod tests {
    #[test]
    fn the_reference_lists_every_attribute() {
        let reference = include_str!("../../docs/reference/spans.md");
        let table = reference.split_once("<!-- attributes:begin -->").unwrap().1;
        let table = table.split_once("<!-- attributes:end -->").unwrap().0;
        let listed: Vec<&str> = table.lines().filter_map(|row| row.strip_prefix("| `")?.split('`').next()).collect();
        assert_eq!(listed, super::ALL);
    }
}
