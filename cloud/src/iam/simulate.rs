//! Asks IAM which of the rights that spawn needs an identity has.

use crate::error::{Error, Result};
use crate::permissions::{Condition, Feature, Grant, Role, Scope, Statement, grants};
use aws_sdk_iam::Client;
use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, PolicyEvaluationDecisionType};
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use spawn_config::tags;
use tokio::task::JoinSet;

const CALL: &str = "IAM SimulatePrincipalPolicy";

/// What an identity may and may not do of what spawn needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rights {
    /// Actions that IAM would allow.
    pub allowed: Vec<&'static str>,
    /// What to add for the others.
    pub missing: Vec<Statement>,
}

/// Asks which rights of the features the identity has. One question is asked for all rights on the same resources under
/// the same condition. After the first is answered, the others are asked side by side: who may not ask is told so once.
///
/// # Errors
/// If the caller may not simulate, or IAM does not answer.
pub async fn simulate(
    client: &Client,
    identity: &str,
    role: Role,
    features: &[Feature],
    scope: &Scope,
) -> Result<Rights> {
    let mut questions = questions(role, features, scope).into_iter();
    let mut rights = Rights::default();
    let Some(first) = questions.next() else { return Ok(rights) };
    rights.note(&first, &refused(client, identity, &first, scope).await?, scope);
    let mut asking = JoinSet::new();
    for question in questions {
        let (client, identity, scope) = (client.clone(), identity.to_owned(), scope.clone());
        let ask = async move {
            let refused = refused(&client, &identity, &question, &scope).await;
            (question, refused)
        };
        asking.spawn(ask.with_context(Context::current()));
    }
    while let Some(answer) = asking.join_next().await {
        let (question, refused) =
            answer.map_err(|error| Error::Unexpected { call: CALL, reason: error.to_string() })?;
        rights.note(&question, &refused?, scope);
    }
    rights.allowed.sort_unstable();
    rights.missing.sort_by_key(|statement| (statement.sid, statement.action.clone()));
    Ok(rights)
}

impl Rights {
    fn note(&mut self, question: &Question, refused: &[String], scope: &Scope) {
        for action in &question.actions {
            if refused.iter().any(|name| name.eq_ignore_ascii_case(action)) {
                self.missing.push(Statement::for_action(question.like, action, scope));
            } else {
                self.allowed.push(action);
            }
        }
    }
}

/// Rights that one call asks for.
#[derive(Debug)]
struct Question {
    actions: Vec<&'static str>,
    like: &'static Grant,
}

fn questions(role: Role, features: &[Feature], scope: &Scope) -> Vec<Question> {
    let mut questions: Vec<Question> = Vec::new();
    let wanted = grants().filter(|grant| grant.role == role && features.contains(&grant.feature));
    for grant in wanted.filter(|grant| !scope.resources(grant.resources).is_empty()) {
        let same = |question: &&mut Question| {
            question.like.resources == grant.resources && question.like.condition == grant.condition
        };
        match questions.iter_mut().find(same) {
            Some(question) => {
                let known = question.actions.clone();
                question.actions.extend(grant.actions.iter().filter(|action| !known.contains(action)));
            }
            None => questions.push(Question { actions: grant.actions.to_vec(), like: grant }),
        }
    }
    questions
}

/// The actions that IAM would refuse, all the resources being what they should be.
async fn refused(client: &Client, identity: &str, question: &Question, scope: &Scope) -> Result<Vec<String>> {
    let Grant { resources, condition, .. } = question.like;
    let actions = question.actions.iter().map(|action| (*action).to_owned()).collect();
    let resources = scope.resources(resources).iter().map(|pattern| example(pattern, scope)).collect();
    let context = condition.map(|condition| context(condition, scope)).unwrap_or_default();
    let call = client
        .simulate_principal_policy()
        .policy_source_arn(identity)
        .set_action_names(Some(actions))
        .set_resource_arns(Some(resources))
        .set_context_entries(Some(context));
    let answer = call.send().await.map_err(|error| Error::of(CALL, error))?;
    let results = answer.evaluation_results.unwrap_or_default().into_iter();
    let refused = results.filter(|result| result.eval_decision != PolicyEvaluationDecisionType::Allowed);
    Ok(refused.map(|result| result.eval_action_name).collect())
}

/// One resource that the pattern covers: IAM simulates with resources, not with patterns.
fn example(pattern: &str, scope: &Scope) -> String {
    if pattern == "*" {
        return pattern.to_owned();
    }
    let account = scope.account.as_deref().unwrap_or("123456789012");
    let region = scope.region.as_deref().unwrap_or("us-east-1");
    let mut parts: Vec<String> = pattern.splitn(6, ':').map(str::to_owned).collect();
    if let [_, _, _, in_region, in_account, resource] = parts.as_mut_slice() {
        *in_region = in_region.replace('*', region);
        *in_account = in_account.replace('*', account);
        *resource =
            resource.replace("${aws:PrincipalAccount}-*", &format!("{account}-{region}")).replace('*', "example");
    }
    parts.join(":")
}

/// What the condition looks at, as it is when spawn calls.
fn context(condition: Condition, scope: &Scope) -> Vec<ContextEntry> {
    let entry = |key: &str, kind: ContextKeyTypeEnum, value: &str| {
        ContextEntry::builder().context_key_name(key).context_key_type(kind).context_key_values(value).build()
    };
    let text = |key: &str, value: &str| entry(key, ContextKeyTypeEnum::String, value);
    let managed = format!("aws:ResourceTag/{}", tags::MANAGED);
    match condition {
        Condition::Managed => vec![text(&managed, "true")],
        Condition::ManagedOwnTags => {
            vec![text(&managed, "true"), entry("aws:TagKeys", ContextKeyTypeEnum::StringList, tags::TTL)]
        }
        Condition::MarkedManaged => vec![text(&format!("aws:RequestTag/{}", tags::MANAGED), "true")],
        Condition::AtLaunch => vec![text("ec2:CreateAction", "RunInstances")],
        Condition::PassedToEc2 => vec![text("iam:PassedToService", scope.ec2_principal())],
        Condition::SpotServiceRole => vec![text("iam:AWSServiceName", "spot.amazonaws.com")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_resource_of_the_table_has_an_example_without_a_wildcard() {
        let scope = Scope { buckets: vec!["data".to_owned()], hooks: vec!["done".to_owned()], ..Scope::default() };
        let resources = grants().flat_map(|grant| scope.resources(grant.resources));
        let examples: Vec<String> = resources.map(|resource| example(&resource, &scope)).collect();
        for example in examples.iter().filter(|example| *example != "*") {
            assert!(!example.contains(['*', '$', '{']), "{example}");
        }
        assert!(questions(Role::Agent, &[Feature::Hook], &Scope::default()).is_empty(), "there is none to ask about");
        let narrow = Scope {
            account: Some("210987654321".to_owned()),
            region: Some("eu-central-1".to_owned()),
            ..Scope::default()
        };
        let bucket = narrow.resource("arn:{partition}:s3:::spawn-{own-account}-{region}/*");
        assert_eq!(example(&bucket, &narrow), "arn:aws:s3:::spawn-210987654321-eu-central-1/example");
    }
}
