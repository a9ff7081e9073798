//! The operator's rights.

use super::{ANY, ARRAYS, BUCKET, Condition, Grant, IN_OTHERS, INSTANCE, OTHERS, QUEUES, TABLE, VOLUME};
use crate::permissions::{Feature, Role};

const OBJECTS: &str = "arn:{partition}:s3:::spawn-{own-account}-{region}/*";
const ROLE: &str = "arn:{partition}:iam::{account}:role/{role}";
const PROFILE: &str = "arn:{partition}:iam::{account}:instance-profile/{role}";

const fn right(
    sid: &'static str,
    feature: Feature,
    actions: &'static [&'static str],
    resources: &'static [&'static str],
) -> Grant {
    Grant { sid, role: Role::Operator, feature, actions, resources, condition: None }
}

const fn only(condition: Condition, grant: Grant) -> Grant {
    Grant { condition: Some(condition), ..grant }
}

pub(super) const GRANTS: &[Grant] = &[
    only(Condition::MarkedManaged, right("Launch", Feature::Launch, &["ec2:RunInstances"], &[INSTANCE, VOLUME])),
    right(
        "LaunchWith",
        Feature::Launch,
        &["ec2:RunInstances"],
        &[
            "arn:{partition}:ec2:{region}::image/*",
            "arn:{partition}:ec2:{region}::snapshot/*",
            "arn:{partition}:ec2:{region}:{account}:subnet/*",
            "arn:{partition}:ec2:{region}:{account}:security-group/*",
            "arn:{partition}:ec2:{region}:{account}:network-interface/*",
            "arn:{partition}:ec2:{region}:{account}:key-pair/*",
        ],
    ),
    only(Condition::AtLaunch, right("TagAtLaunch", Feature::Launch, &["ec2:CreateTags"], &[INSTANCE, VOLUME])),
    right(
        "DefaultImage",
        Feature::Launch,
        &["ssm:GetParameters"],
        &["arn:{partition}:ssm:{region}::parameter/aws/service/ami-amazon-linux-latest/*"],
    ),
    right("LookBeforeLaunch", Feature::Launch, &["ec2:DescribeImages", "ec2:DescribeInstances"], &[ANY]),
    only(Condition::PassedToEc2, right("GiveTheAgentItsRole", Feature::Launch, &["iam:PassRole"], &[ROLE])),
    right("FindAgents", Feature::Launch, &["dynamodb:GetItem"], &[TABLE]),
    right("FindTheAgentsProgram", Feature::Launch, &["s3:GetObject"], &[OBJECTS]),
    // Without it S3 says 403 instead of 404 to a question for what is not there.
    right("FindTheBucket", Feature::Launch, &["s3:ListBucket"], &[BUCKET]),
    right(
        "LaunchSpot",
        Feature::Spot,
        &["ec2:RunInstances"],
        &["arn:{partition}:ec2:{region}:{account}:spot-instances-request/*"],
    ),
    only(
        Condition::SpotServiceRole,
        right(
            "FirstSpotLaunch",
            Feature::Spot,
            &["iam:CreateServiceLinkedRole"],
            &["arn:{partition}:iam::{account}:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"],
        ),
    ),
    right(
        "Bucket",
        Feature::Setup,
        &[
            "s3:CreateBucket",
            "s3:ListBucket",
            "s3:PutBucketPolicy",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutEncryptionConfiguration",
            "s3:PutBucketOwnershipControls",
        ],
        &[BUCKET],
    ),
    right("Upload", Feature::Setup, &["s3:GetObject", "s3:PutObject"], &[OBJECTS]),
    right(
        "Table",
        Feature::Setup,
        &["dynamodb:DescribeTable", "dynamodb:CreateTable", "dynamodb:UpdateTimeToLive"],
        &[TABLE],
    ),
    right(
        "AgentRole",
        Feature::Iam,
        &[
            "iam:GetRole",
            "iam:CreateRole",
            "iam:TagRole",
            "iam:ListRolePolicies",
            "iam:GetRolePolicy",
            "iam:PutRolePolicy",
        ],
        &[ROLE],
    ),
    right(
        "AgentProfile",
        Feature::Iam,
        &["iam:GetInstanceProfile", "iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"],
        &[PROFILE],
    ),
    only(Condition::PassedToEc2, right("GiveTheProfileItsRole", Feature::Iam, &["iam:PassRole"], &[ROLE])),
    right(
        "Arrays",
        Feature::Array,
        &[
            "dynamodb:GetItem",
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:BatchWriteItem",
            "dynamodb:UpdateItem",
        ],
        &[TABLE],
    ),
    right("Queues", Feature::Array, &["sqs:CreateQueue", "sqs:SendMessage", "sqs:DeleteQueue"], &[QUEUES]),
    right("FindResults", Feature::Array, &["s3:ListBucket"], &[BUCKET, OTHERS]),
    right("ReadResults", Feature::Array, &["s3:GetObject"], &[ARRAYS, IN_OTHERS]),
    right("LookAtInstances", Feature::List, &["ec2:DescribeInstances", "ec2:DescribeRegions"], &[ANY]),
    right("LookAtAgents", Feature::List, &["dynamodb:GetItem"], &[TABLE]),
    right("LookAtTraces", Feature::Trace, &["xray:GetTraceSummaries", "xray:BatchGetTraces"], &[ANY]),
    right("FindToStop", Feature::Stop, &["ec2:DescribeInstances"], &[ANY]),
    only(
        Condition::Managed,
        right("StopAndStart", Feature::Stop, &["ec2:StopInstances", "ec2:StartInstances"], &[INSTANCE]),
    ),
    right("FindToTerminate", Feature::Terminate, &["ec2:DescribeInstances"], &[ANY]),
    only(Condition::Managed, right("Terminate", Feature::Terminate, &["ec2:TerminateInstances"], &[INSTANCE])),
    right("FindToTag", Feature::Tags, &["ec2:DescribeInstances"], &[ANY]),
    only(
        Condition::ManagedOwnTags,
        right("ChangeTags", Feature::Tags, &["ec2:CreateTags", "ec2:DeleteTags"], &[INSTANCE]),
    ),
    right(
        "LookAtOwnRights",
        Feature::Doctor,
        &["iam:GetRole", "iam:SimulatePrincipalPolicy"],
        &["arn:{partition}:iam::{account}:role/*", "arn:{partition}:iam::{account}:user/*"],
    ),
    right("LookAtAgentRole", Feature::Doctor, &["iam:GetRolePolicy"], &[ROLE]),
    right("LookAtProfile", Feature::Doctor, &["iam:GetInstanceProfile"], &[PROFILE]),
    right("LookAtBucket", Feature::Doctor, &["s3:ListBucket"], &[BUCKET]),
    right("LookIntoBucket", Feature::Doctor, &["s3:GetObject"], &[OBJECTS]),
    right("LookAtTable", Feature::Doctor, &["dynamodb:DescribeTable"], &[TABLE]),
    right("SendSpansToXRay", Feature::Xray, &["xray:PutTraceSegments", "xray:PutTelemetryRecords"], &[ANY]),
    right("FollowSamplingRules", Feature::Sampling, &["xray:GetSamplingRules", "xray:GetSamplingTargets"], &[ANY]),
];
