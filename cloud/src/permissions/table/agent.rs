//! The agent's rights. Whoever has a shell on an instance has them too, so there are few.

use super::{ANY, Condition, Grant, INSTANCE, TABLE};
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
    right("SendSpansToXRay", Feature::Xray, &["xray:PutTraceSegments", "xray:PutTelemetryRecords"], &[ANY]),
];
