//! Makes the agent's role, gives it the policy, and puts it into an instance profile of the same name.
//!
//! First a plan is made of what is there, then it is carried out: a dry run shows the plan, and a second run has none.

mod carry_out;

pub use carry_out::carry_out;

use super::found::{Found, look};
use crate::error::Error;
use crate::permissions::{Feature, Policy, Role, Scope, missing_from, named_in, policy, trust};
use aws_sdk_iam::Client;
use serde_json::Value;
use spawn_config::tags;

/// The inline policy of the role.
pub const POLICY_NAME: &str = "spored";

/// The agent's role as it should be.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentRole {
    /// Name of the role and of its instance profile.
    pub name: String,
    /// What it may do.
    pub policy: Policy,
    /// Who may take it on.
    pub trust: Value,
    features: Vec<Feature>,
    scope: Scope,
}

impl AgentRole {
    /// The role with every right that an agent may need, X-Ray's among them: `spawn tracing on` must not need a new one.
    #[must_use]
    pub fn complete(scope: &Scope) -> Self {
        let features: Vec<Feature> = Feature::all_of(Role::Agent).into_iter().chain([Feature::Xray]).collect();
        Self::new(&features, scope)
    }

    /// The role with the rights for these features.
    #[must_use]
    pub fn new(features: &[Feature], scope: &Scope) -> Self {
        Self {
            name: scope.role_name.clone(),
            policy: policy(Role::Agent, features, scope),
            trust: trust(scope),
            features: features.to_vec(),
            scope: scope.clone(),
        }
    }

    /// The policy with the buckets and hooks of the one that is there, where no others were named, and with the right to
    /// follow sampling rules: a later setup must not take away what job arrays were given, nor what agents go by.
    fn policy_keeping(&self, found: &Value) -> Policy {
        let (buckets, hooks) = named_in(found);
        let mut scope = self.scope.clone();
        if scope.buckets.is_empty() {
            scope.buckets = buckets;
        }
        if scope.hooks.is_empty() {
            scope.hooks = hooks;
        }
        let mut features = self.features.clone();
        let follows_rules =
            missing_from(std::slice::from_ref(found), Role::Agent, &[Feature::Sampling], &scope).is_empty();
        if follows_rules && !features.contains(&Feature::Sampling) {
            features.push(Feature::Sampling);
        }
        policy(Role::Agent, &features, &scope)
    }
}

/// What to do with a role of that name that spawn has not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// Leave it alone and say so.
    Refuse,
    /// Give it the policy.
    Use,
}

/// One change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Make the role.
    CreateRole,
    /// Write its inline policy, in the place of an older one.
    PutPolicy,
    /// Make the instance profile.
    CreateProfile,
    /// Put the role into the profile.
    AddRole,
}

impl Step {
    /// The step in words, for the role of this name.
    #[must_use]
    pub fn describe(self, name: &str) -> String {
        match self {
            Self::CreateRole => format!("create role {name}, which EC2 instances may take on"),
            Self::PutPolicy => format!("write policy {POLICY_NAME} of role {name}"),
            Self::CreateProfile => format!("create instance profile {name}"),
            Self::AddRole => format!("add role {name} to instance profile {name}"),
        }
    }
}

/// What has to be done; nothing where all is as it should be.
#[derive(Clone, Debug, PartialEq)]
pub struct RolePlan {
    /// In this order.
    pub steps: Vec<Step>,
    /// The role is there, and spawn has not made it.
    pub foreign: bool,
    /// The policy that the role has afterwards.
    pub policy: Policy,
}

/// Why the role was not made.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    /// Somebody else's role has the name.
    #[error("role {0} is not spawn's (it lacks the tag {key}=true): choose another --name, or let spawn change it with -y", key = tags::MANAGED)]
    Foreign(String),
    /// Somebody else's role is in the profile of that name.
    #[error("instance profile {profile} holds the role {role}: choose another --name")]
    ProfileInUse {
        /// The profile.
        profile: String,
        /// The role in it.
        role: String,
    },
    /// AWS refused or did not answer.
    #[error(transparent)]
    Aws(#[from] Error),
}

/// Makes the role and the profile where they are absent, and gives the role its policy. Answers what was done; a second
/// time that is nothing.
///
/// # Errors
/// If the role or the profile is somebody else's, or IAM refuses or does not answer.
pub async fn ensure_role(client: &Client, wanted: &AgentRole, foreign: Foreign) -> Result<Vec<Step>, RoleError> {
    let plan = plan_role(client, wanted).await?;
    carry_out(client, wanted, &plan, foreign).await?;
    Ok(plan.steps)
}

/// What [`ensure_role`] would do. Nothing is changed.
///
/// # Errors
/// If the profile holds another role, or IAM refuses or does not answer.
pub async fn plan_role(client: &Client, wanted: &AgentRole) -> Result<RolePlan, RoleError> {
    plan(wanted, &look(client, &wanted.name, POLICY_NAME).await?)
}

fn plan(wanted: &AgentRole, found: &Found) -> Result<RolePlan, RoleError> {
    if let Some(role) = found.profile_roles.iter().find(|role| **role != wanted.name) {
        return Err(RoleError::ProfileInUse { profile: wanted.name.clone(), role: role.clone() });
    }
    let kept = found.policy.as_ref().map(|found| wanted.policy_keeping(found));
    let kept = kept.unwrap_or_else(|| wanted.policy.clone());
    let policy = serde_json::to_value(&kept).unwrap_or_default();
    let steps = [
        (found.role_arn.is_none(), Step::CreateRole),
        (found.policy.as_ref() != Some(&policy), Step::PutPolicy),
        (!found.profile, Step::CreateProfile),
        (found.profile_roles.is_empty(), Step::AddRole),
    ];
    let steps = steps.into_iter().filter(|(needed, _)| *needed).map(|(_, step)| step).collect();
    Ok(RolePlan { steps, foreign: found.role_arn.is_some() && !found.ours, policy: kept })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> AgentRole {
        AgentRole::new(&[Feature::Life], &Scope::default())
    }

    fn all_there() -> Found {
        Found {
            role_arn: Some("arn:aws:iam::123456789012:role/spored".to_owned()),
            ours: true,
            policy: serde_json::to_value(wanted().policy).ok(),
            profile: true,
            profile_roles: vec!["spored".to_owned()],
        }
    }

    #[test]
    fn only_what_is_absent_or_different_is_done() {
        let steps = |found: &Found| plan(&wanted(), found).unwrap().steps;
        assert_eq!(steps(&all_there()), []);
        let all = [Step::CreateRole, Step::PutPolicy, Step::CreateProfile, Step::AddRole];
        assert_eq!(steps(&Found::default()), all);
        let older = Found { policy: Some(Value::Null), ..all_there() };
        assert_eq!(steps(&older), [Step::PutPolicy]);
    }

    #[test]
    fn a_later_setup_keeps_the_buckets_and_hooks_that_the_role_was_given() {
        let given = Scope { buckets: vec!["data".to_owned()], hooks: vec!["done".to_owned()], ..Scope::default() };
        let given = AgentRole::complete(&given);
        let found = Found { policy: serde_json::to_value(&given.policy).ok(), ..all_there() };
        let wanted = AgentRole::complete(&Scope::default());
        assert_eq!(plan(&wanted, &found).unwrap(), RolePlan { steps: vec![], foreign: false, policy: given.policy });
        let others = Scope { buckets: vec!["other".to_owned()], ..Scope::default() };
        let plan = plan(&AgentRole::complete(&others), &found).unwrap();
        let expected = Scope { hooks: vec!["done".to_owned()], ..others };
        assert_eq!((plan.steps, plan.policy), (vec![Step::PutPolicy], AgentRole::complete(&expected).policy));
    }

    #[test]
    fn a_role_without_the_mark_is_foreign_and_a_profile_with_another_role_is_left_alone() {
        let foreign = Found { ours: false, ..all_there() };
        assert!(plan(&wanted(), &foreign).unwrap().foreign);
        assert!(!plan(&wanted(), &all_there()).unwrap().foreign);
        let taken = Found { profile_roles: vec!["web".to_owned()], ..all_there() };
        let error = plan(&wanted(), &taken).unwrap_err().to_string();
        assert_eq!(error, "instance profile spored holds the role web: choose another --name");
    }
}
