//! The table: each right, who needs it, for what, on which resources and under which condition.

mod agent;
mod operator;

use super::feature::{Feature, Role};
use super::scope::Scope;
use serde_json::{Value, json};
use spawn_config::tags;

/// Rights that are given together: the same resources under the same condition for the same reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Id of the statement: letters and digits, and no other grant of the role has it.
    pub sid: &'static str,
    /// Who needs it.
    pub role: Role,
    /// What for.
    pub feature: Feature,
    /// IAM actions, `service:Action`.
    pub actions: &'static [&'static str],
    /// ARNs; braces stand for what a [`Scope`] says.
    pub resources: &'static [&'static str],
    /// Under which condition only.
    pub condition: Option<Condition>,
}

/// When a right counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The instance was launched by spawn.
    Managed,
    /// The instance was launched by spawn, and only tags of spawn's own are changed.
    ManagedOwnTags,
    /// What is made is marked as spawn's in the same request.
    MarkedManaged,
    /// The tags are those of a launch.
    AtLaunch,
    /// The role is handed to EC2 and to nobody else.
    PassedToEc2,
    /// The service-linked role is the one of EC2 Spot.
    SpotServiceRole,
}

impl Condition {
    pub(super) fn json(self, scope: &Scope) -> Value {
        let managed = format!("aws:ResourceTag/{}", tags::MANAGED);
        match self {
            Self::Managed => json!({ "StringEquals": { managed: "true" } }),
            Self::ManagedOwnTags => json!({
                "StringEquals": { managed: "true" },
                "ForAllValues:StringLike": { "aws:TagKeys": format!("{}*", tags::PREFIX) },
            }),
            Self::MarkedManaged => {
                json!({ "StringEquals": { (format!("aws:RequestTag/{}", tags::MANAGED)): "true" } })
            }
            Self::AtLaunch => json!({ "StringEquals": { "ec2:CreateAction": "RunInstances" } }),
            Self::PassedToEc2 => json!({ "StringEquals": { "iam:PassedToService": scope.ec2_principal() } }),
            Self::SpotServiceRole => json!({ "StringEquals": { "iam:AWSServiceName": "spot.amazonaws.com" } }),
        }
    }
}

/// Actions that no operation of ours is named like, each with the reason for which AWS asks for it.
pub const NO_OPERATION: [(&str, &str); 4] = [
    ("iam:PassRole", "EC2 asks for it when a launch names an instance profile"),
    ("ssm:GetParameters", "EC2 asks for it when a launch names its image as resolve:ssm:…"),
    ("iam:CreateServiceLinkedRole", "EC2 makes the role of EC2 Spot at an account's first spot launch"),
    ("iam:TagRole", "IAM asks for it when a role is made with tags"),
];

/// Actions that AWS asks no right for.
pub const NO_PERMISSION: [&str; 1] = ["sts:GetCallerIdentity"];

const INSTANCE: &str = "arn:{partition}:ec2:{region}:{account}:instance/*";
const VOLUME: &str = "arn:{partition}:ec2:{region}:{account}:volume/*";
const TABLE: &str = "arn:{partition}:dynamodb:{region}:{account}:table/{table}";
/// Queues of job arrays.
const QUEUES: &str = "arn:{partition}:sqs:{region}:{account}:spawn-*";
/// The account's own bucket.
const BUCKET: &str = "arn:{partition}:s3:::spawn-{own-account}-{region}";
/// What job arrays keep there.
const ARRAYS: &str = "arn:{partition}:s3:::spawn-{own-account}-{region}/arrays/*";
/// Other buckets that job arrays are given, and what is in them.
const OTHERS: &str = "arn:{partition}:s3:::{bucket}";
const IN_OTHERS: &str = "arn:{partition}:s3:::{bucket}/*";
const ANY: &str = "*";

/// The whole table.
pub fn grants() -> impl Iterator<Item = &'static Grant> {
    operator::GRANTS.iter().chain(agent::GRANTS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_statement_of_a_role_has_its_own_id_and_a_feature_of_the_role() {
        let mut ids = BTreeSet::new();
        for grant in grants() {
            assert!(ids.insert((grant.role.name(), grant.sid)), "{} twice", grant.sid);
            assert!(grant.sid.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{}", grant.sid);
            assert!(grant.feature.is_of(grant.role), "{grant:?}");
            assert!(!grant.actions.is_empty() && !grant.resources.is_empty(), "{grant:?}");
        }
    }

    #[test]
    fn whatever_ends_or_changes_an_instance_needs_the_mark_of_spawn() {
        let changing =
            ["ec2:TerminateInstances", "ec2:StopInstances", "ec2:StartInstances", "ec2:CreateTags", "ec2:DeleteTags"];
        for grant in grants().filter(|grant| grant.actions.iter().any(|action| changing.contains(action))) {
            assert!(grant.condition.is_some(), "{}", grant.sid);
        }
        let agent = grants().filter(|grant| grant.role == Role::Agent);
        let tagging = agent.filter(|grant| {
            grant.actions.iter().any(|action| action.ends_with("Tags") && !action.contains("Describe"))
        });
        assert_eq!(tagging.count(), 0, "an agent that may tag could mark any instance and end it");
    }

    #[test]
    fn no_right_is_to_everything_of_a_service() {
        for action in grants().flat_map(|grant| grant.actions) {
            assert!(action.split_once(':').is_some_and(|(_, name)| !name.contains('*')), "{action}");
        }
    }
}
