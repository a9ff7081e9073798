//! What a set of policies lacks of what the table wants.

use super::feature::{Feature, Role};
use super::policy::{Statement, policy};
use super::scope::Scope;
use serde_json::Value;
use wildmatch::WildMatch;

/// The statements that these policy documents do not give; empty when they give all that the features need.
///
/// This reads documents and is no simulation: permission boundaries and the organisation's policies are not in it.
/// Where it is in doubt (a denial, a condition of somebody else's), it says that a right is missing.
#[must_use]
pub fn missing_from(documents: &[Value], role: Role, features: &[Feature], scope: &Scope) -> Vec<Statement> {
    let given: Vec<&Value> = documents.iter().flat_map(|document| listed(&document["Statement"])).collect();
    let mut missing = policy(role, features, scope).statement;
    for wanted in &mut missing {
        let Statement { action, resource, condition, .. } = wanted;
        action.retain(|action| {
            let by = |effect: &str, resource: Option<&str>| {
                given.iter().any(|statement| {
                    statement["Effect"] == effect
                        && matches(&statement["Action"], action)
                        && resource.is_none_or(|resource| {
                            matches(&statement["Resource"], resource)
                                && holds(statement.get("Condition"), condition.as_ref())
                        })
                })
            };
            by("Deny", None) || !resource.iter().all(|resource| by("Allow", Some(resource)))
        });
    }
    missing.retain(|statement| !statement.action.is_empty());
    missing
}

/// Whether one of the patterns covers the text, itself perhaps a pattern.
fn matches(patterns: &Value, text: &str) -> bool {
    let covers = |pattern: &Value| {
        pattern.as_str().is_some_and(|pattern| WildMatch::new_case_insensitive(pattern).matches(text))
    };
    listed(patterns).any(covers)
}

/// Whether a right under `theirs` counts wherever one under `ours` would.
fn holds(theirs: Option<&Value>, ours: Option<&Value>) -> bool {
    match theirs {
        None => true,
        Some(theirs) => ours == Some(theirs),
    }
}

/// IAM writes a list of one as the one.
fn listed(value: &Value) -> impl Iterator<Item = &Value> {
    match value {
        Value::Array(many) => many.iter(),
        Value::Null => [].iter(),
        one => std::slice::from_ref(one).iter(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const LIFE: [Feature; 2] = [Feature::Life, Feature::TagsFallback];

    fn missing(documents: &[Value]) -> Vec<&'static str> {
        let missing = missing_from(documents, Role::Agent, &LIFE, &Scope::default());
        missing.into_iter().flat_map(|statement| statement.action).collect()
    }

    #[test]
    fn our_own_policy_lacks_nothing_and_none_lacks_all() {
        let ours = serde_json::to_value(policy(Role::Agent, &LIFE, &Scope::default())).unwrap();
        assert_eq!(missing(&[ours]), Vec::<&str>::new());
        assert_eq!(missing(&[]), ["ec2:TerminateInstances", "ec2:StopInstances", "ec2:DescribeTags"]);
    }

    #[test]
    fn wider_rights_will_do_and_narrower_ones_will_not() {
        let allow = |action: Value, resource: Value| json!({"Statement": {"Effect": "Allow", "Action": action, "Resource": resource}});
        assert_eq!(missing(&[allow(json!("*"), json!("*"))]), Vec::<&str>::new());
        let some = allow(json!(["EC2:Stop*", "ec2:describe*"]), json!("*"));
        assert_eq!(missing(&[some]), ["ec2:TerminateInstances"]);
        let one_instance = allow(json!("ec2:*"), json!("arn:aws:ec2:us-east-1:123456789012:instance/i-1"));
        assert_eq!(missing(&[one_instance]).len(), 3);
    }

    #[test]
    fn a_denial_or_a_condition_of_somebody_elses_leaves_the_right_in_doubt() {
        let all = json!({"Effect": "Allow", "Action": "ec2:*", "Resource": "*"});
        let denied = json!({"Statement": [all, {"Effect": "Deny", "Action": "ec2:Terminate*", "Resource": "*"}]});
        assert_eq!(missing(&[denied]), ["ec2:TerminateInstances"]);
        let office = json!({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}});
        let conditional =
            json!({"Statement": {"Effect": "Allow", "Action": "ec2:*", "Resource": "*", "Condition": office}});
        assert_eq!(missing(&[conditional]).len(), 3);
    }
}
