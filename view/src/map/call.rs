//! Whom a span calls, by the names of today's conventions, of older ones and of X-Ray.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;

use super::NodeKind;
use crate::span::{Span, SpanKind};

/// Whom a span calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Called<'a> {
    pub(super) kind: NodeKind,
    pub(super) name: &'a str,
}

/// Whom the span calls; none if it is no call. A single attempt is part of a call that says it.
pub(super) fn called(span: &Span) -> Option<Called<'_>> {
    if !matches!(span.kind, SpanKind::Client | SpanKind::Producer) {
        return None;
    }
    if is_aws(span) {
        let name = of_aws(span).unwrap_or("AWS");
        return Some(Called { kind: NodeKind::Aws, name });
    }
    let name =
        PEERS.iter().find_map(|key| text(span, key)).or_else(|| host(URLS.iter().find_map(|key| text(span, key))?));
    Some(Called { kind: NodeKind::Remote, name: name.unwrap_or(&span.name) })
}

/// Attributes that name the other side, the best first.
const PEERS: [&str; 13] = [
    "aws.remote.service",
    "service.peer.name",
    "peer.service",
    "db.namespace",
    "db.name",
    "messaging.destination.name",
    "rpc.service",
    "server.address",
    "http.host",
    "net.peer.name",
    "db.system.name",
    "db.system",
    "messaging.system",
];

const URLS: [&str; 2] = ["url.full", "http.url"];

/// Services that AWS's own names spell otherwise than the names by which SDKs call them.
const SPELLINGS: [(&str, &str); 12] = [
    ("dynamodb", "DynamoDB"),
    ("s3", "S3"),
    ("sqs", "SQS"),
    ("sns", "SNS"),
    ("sts", "STS"),
    ("lambda", "Lambda"),
    ("ec2", "EC2"),
    ("kinesis", "Kinesis"),
    ("eventbridge", "EventBridge"),
    ("states", "SFN"),
    ("secretsmanager", "Secrets Manager"),
    ("ssm", "SSM"),
];

fn is_aws(span: &Span) -> bool {
    ["rpc.system.name", "rpc.system"].iter().any(|key| text(span, key) == Some("aws-api"))
        || text(span, "aws.service").is_some()
        || text(span, "aws.remote.service")
            .is_some_and(|name| name.starts_with("AWS::") || name.starts_with("AWS.SDK."))
}

fn of_aws(span: &Span) -> Option<&str> {
    let named = text(span, "rpc.service").or_else(|| text(span, "aws.service"));
    let remote = || text(span, "aws.remote.service");
    let name = named.or_else(remote)?;
    let name = name.strip_prefix("AWS.SDK.").or_else(|| name.strip_prefix("AWS::")).unwrap_or(name);
    Some(SPELLINGS.iter().find(|(low, _)| low.eq_ignore_ascii_case(name)).map_or(name, |(_, spelling)| spelling))
}

fn text<'a>(span: &'a Span, key: &str) -> Option<&'a str> {
    match span.attribute(key)?.value.as_ref()? {
        Any::StringValue(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// The host of a URL.
fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    (!host.is_empty()).then_some(host)
}
