//! The agent's rights. Whoever has a shell on an instance has them too, so there are few.

use super::{ANY, ARRAYS, BUCKET, Condition, Grant, IN_OTHERS, INSTANCE, OTHERS, QUEUES, TABLE};
use crate::permissions::{Feature, Role};

const fn right(
    sid: &'static str,
    feature: Feature,
    actions: &'static [&'static str],
    resources: &'static [&'static str],
) -> Grant {
    Grant { sid, role: Role::Agent, feature, actions, resources, condition: None }
}

pub(super) const GRANTS: &[Grant] = &[
    right(
        "FetchTheAgent",
        Feature::Fetch,
        &["s3:GetObject"],
        &["arn:{partition}:s3:::spawn-{own-account}-{region}/spored/*"],
    ),
    right("Registry", Feature::Registry, &["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"], &[TABLE]),
    Grant {
        condition: Some(Condition::Managed),
        ..right("EndTheInstance", Feature::Life, &["ec2:TerminateInstances", "ec2:StopInstances"], &[INSTANCE])
    },
    right("TagsWhereMetadataDoesNotShowThem", Feature::TagsFallback, &["ec2:DescribeTags"], &[ANY]),
    right(
        "Tasks",
        Feature::Work,
        &["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"],
        &[TABLE],
    ),
    right(
        "Queues",
        Feature::Work,
        &[
            "sqs:ReceiveMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:SendMessage",
            "sqs:GetQueueAttributes",
            "sqs:DeleteQueue",
        ],
        &[QUEUES],
    ),
    right("FindInputs", Feature::Work, &["s3:ListBucket"], &[BUCKET, OTHERS]),
    right(
        "InputsAndResults",
        Feature::Work,
        &["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
        &[ARRAYS, IN_OTHERS],
    ),
    right(
        "TellOfTheEnd",
        Feature::Hook,
        &["lambda:InvokeFunction"],
        &["arn:{partition}:lambda:{region}:{account}:function:{hook}"],
    ),
    right("SendSpansToXRay", Feature::Xray, &["xray:PutTraceSegments", "xray:PutTelemetryRecords"], &[ANY]),
    right("FollowSamplingRules", Feature::Sampling, &["xray:GetSamplingRules", "xray:GetSamplingTargets"], &[ANY]),
];
