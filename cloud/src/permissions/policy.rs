//! Policy documents out of the table.

use super::feature::{Feature, Role};
use super::scope::Scope;
use super::table::{Grant, grants};
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

/// An IAM policy, in the form that IAM takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    version: &'static str,
    /// What is allowed.
    pub statement: Vec<Statement>,
}

/// One statement; all of ours allow.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    /// Its id in the policy.
    pub sid: &'static str,
    effect: &'static str,
    /// `service:Action`.
    #[serde(serialize_with = "one_or_many")]
    pub action: Vec<&'static str>,
    /// ARNs, or `*`.
    #[serde(serialize_with = "one_or_many")]
    pub resource: Vec<String>,
    /// Under which condition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Value>,
}

impl Policy {
    /// The text that stands in a file.
    #[must_use]
    pub fn pretty(&self) -> String {
        serde_json::to_string_pretty(self).expect("names, lists and JSON values are always JSON") + "\n"
    }
}

impl Statement {
    fn of(grant: &Grant, scope: &Scope) -> Self {
        Self {
            sid: grant.sid,
            effect: "Allow",
            action: grant.actions.to_vec(),
            resource: scope.resources(grant.resources),
            condition: grant.condition.map(|condition| condition.json(scope)),
        }
    }

    /// The same for one of its actions.
    pub(crate) fn for_action(grant: &Grant, action: &'static str, scope: &Scope) -> Self {
        Self { action: vec![action], ..Self::of(grant, scope) }
    }

    /// Whether the two differ in their actions and ids only.
    fn is_about_the_same(&self, other: &Self) -> bool {
        self.resource == other.resource && self.condition == other.condition
    }
}

/// The least policy for these features of a role. What two features need alike is given once.
#[must_use]
pub fn policy(role: Role, features: &[Feature], scope: &Scope) -> Policy {
    let mut statements: Vec<Statement> = Vec::new();
    for grant in grants().filter(|grant| grant.role == role && features.contains(&grant.feature)) {
        let mut wanted = Statement::of(grant, scope);
        let alike = statements.iter().filter(|given| given.is_about_the_same(&wanted));
        let given: Vec<&str> = alike.flat_map(|given| given.action.iter().copied()).collect();
        wanted.action.retain(|action| !given.contains(action));
        if !wanted.action.is_empty() && !wanted.resource.is_empty() {
            statements.push(wanted);
        }
    }
    Policy { version: "2012-10-17", statement: statements }
}

/// The statements of the table that give this action, each with this action alone; empty for an action that spawn does
/// not need.
#[must_use]
pub fn statements_for(action: &str, scope: &Scope) -> Vec<Statement> {
    let mut found: Vec<Statement> = Vec::new();
    for grant in grants() {
        let Some(action) = grant.actions.iter().find(|given| **given == action) else { continue };
        let statement = Statement::for_action(grant, action, scope);
        if !statement.resource.is_empty() && !found.iter().any(|known| known.is_about_the_same(&statement)) {
            found.push(statement);
        }
    }
    found
}

/// Who may take the agent's role on: EC2, for its instances.
#[must_use]
pub fn trust(scope: &Scope) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": scope.ec2_principal() },
            "Action": "sts:AssumeRole",
        }],
    })
}

/// IAM writes a list of one as the one.
fn one_or_many<T: Serialize, S: Serializer>(items: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    match items {
        [one] => one.serialize(serializer),
        many => {
            let mut list = serializer.serialize_seq(Some(many.len()))?;
            many.iter().try_for_each(|item| list.serialize_element(item))?;
            list.end()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actions(policy: &Policy) -> Vec<&'static str> {
        policy.statement.iter().flat_map(|statement| statement.action.clone()).collect()
    }

    #[test]
    fn xray_is_given_if_and_only_if_it_is_asked_for() {
        for role in [Role::Operator, Role::Agent] {
            let mut features = Feature::all_of(role);
            let xray = |policy: &Policy| actions(policy).iter().any(|action| action.starts_with("xray:Put"));
            assert!(!xray(&policy(role, &features, &Scope::default())), "{role:?}");
            features.push(Feature::Xray);
            assert!(xray(&policy(role, &features, &Scope::default())), "{role:?}");
        }
    }

    #[test]
    fn what_two_features_need_alike_is_given_once() {
        let policy = policy(Role::Operator, &[Feature::Stop, Feature::Terminate], &Scope::default());
        let expected = ["ec2:DescribeInstances", "ec2:StopInstances", "ec2:StartInstances", "ec2:TerminateInstances"];
        assert_eq!(actions(&policy), expected);
    }

    #[test]
    fn a_policy_is_written_as_iam_writes_it() {
        let policy = policy(Role::Agent, &[Feature::TagsFallback, Feature::Life], &Scope::default());
        let expected = json!({
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "EndTheInstance",
                    "Effect": "Allow",
                    "Action": ["ec2:TerminateInstances", "ec2:StopInstances"],
                    "Resource": "arn:aws:ec2:*:*:instance/*",
                    "Condition": { "StringEquals": { "aws:ResourceTag/spawn:managed": "true" } },
                },
                {
                    "Sid": "TagsWhereMetadataDoesNotShowThem",
                    "Effect": "Allow",
                    "Action": "ec2:DescribeTags",
                    "Resource": "*",
                },
            ],
        });
        assert_eq!(serde_json::to_value(policy).unwrap(), expected);
    }

    #[test]
    fn a_policy_of_china_names_chinas_partition_and_service() {
        let scope = Scope { partition: "aws-cn".to_owned(), ..Scope::default() };
        let text = policy(Role::Operator, &Feature::all_of(Role::Operator), &scope).pretty();
        assert!(!text.contains("arn:aws:"), "{text}");
        assert!(text.contains("\"iam:PassedToService\": \"ec2.amazonaws.com.cn\""), "{text}");
        assert_eq!(trust(&scope)["Statement"][0]["Principal"]["Service"], "ec2.amazonaws.com.cn");
    }

    #[test]
    fn a_role_takes_all_that_an_agent_may_need_and_a_managed_policy_all_of_an_operator() {
        let size = |role: Role| {
            let mut features = Feature::all_of(role);
            features.push(Feature::Xray);
            let text = policy(role, &features, &Scope::default()).pretty();
            text.chars().filter(|c| !c.is_whitespace()).count()
        };
        // AWS's quotas, in characters without white space: 10,240 inline for a role, 6,144 for a managed policy.
        assert!(size(Role::Agent) < 10_240 && size(Role::Operator) < 6_144, "{}", size(Role::Operator));
    }

    #[test]
    fn an_action_is_given_with_its_resources_and_condition() {
        let statements = statements_for("ec2:TerminateInstances", &Scope::default());
        assert_eq!(statements.len(), 1, "operator and agent need the same: {statements:?}");
        assert_eq!(statements[0].action, ["ec2:TerminateInstances"]);
        assert_eq!(statements_for("ec2:RunInstances", &Scope::default()).len(), 3);
        assert_eq!(statements_for("ec2:ModifyVpc", &Scope::default()), []);
    }
}
