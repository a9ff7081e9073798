//! The steps of a plan, one call each.

use super::{AgentRole, Foreign, POLICY_NAME, RoleError, RolePlan, Step};
use crate::error::Error;
use aws_sdk_iam::Client;
use aws_sdk_iam::types::Tag;
use spawn_config::tags;
use std::time::Duration;

/// IAM's servers learn of a new role one after the other; within this many tries, one second apart, all know it.
const TRIES: u32 = 10;
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// Does what the plan says.
///
/// # Errors
/// If the role is somebody else's and `foreign` says to refuse it, or IAM refuses or does not answer.
pub async fn carry_out(
    client: &Client,
    wanted: &AgentRole,
    plan: &RolePlan,
    foreign: Foreign,
) -> Result<(), RoleError> {
    if plan.foreign && foreign == Foreign::Refuse && plan.steps.contains(&Step::PutPolicy) {
        return Err(RoleError::Foreign(wanted.name.clone()));
    }
    for step in &plan.steps {
        let mut tries = 0;
        loop {
            tries += 1;
            match take(client, wanted, plan, *step).await {
                // Another run made it between the question and the order.
                Err(error) if error.code() == Some("EntityAlreadyExists") => break,
                Err(error) if error.code() == Some("LimitExceeded") && *step == Step::AddRole => break,
                // The role was made a moment ago, by a server that the one asked now has not heard from.
                Err(error) if error.code() == Some("NoSuchEntity") && tries < TRIES => {
                    tokio::time::sleep(BETWEEN_TRIES).await;
                }
                Err(error) => return Err(error.into()),
                Ok(()) => break,
            }
        }
    }
    Ok(())
}

async fn take(client: &Client, wanted: &AgentRole, plan: &RolePlan, step: Step) -> Result<(), Error> {
    let name = wanted.name.as_str();
    match step {
        Step::CreateRole => {
            const CALL: &str = "IAM CreateRole";
            let call = client.create_role().role_name(name).assume_role_policy_document(wanted.trust.to_string());
            let call = call.description("Rights of spored, the agent on instances that spawn launches");
            let call = call.tags(mark().map_err(|reason| Error::Unexpected { call: CALL, reason })?);
            call.send().await.map(drop).map_err(|error| Error::of(CALL, error))
        }
        Step::PutPolicy => {
            let text = serde_json::to_string(&plan.policy).unwrap_or_default();
            let call = client.put_role_policy().role_name(name).policy_name(POLICY_NAME).policy_document(text);
            call.send().await.map(drop).map_err(|error| Error::of("IAM PutRolePolicy", error))
        }
        Step::CreateProfile => {
            let call = client.create_instance_profile().instance_profile_name(name);
            call.send().await.map(drop).map_err(|error| Error::of("IAM CreateInstanceProfile", error))
        }
        Step::AddRole => {
            let call = client.add_role_to_instance_profile().instance_profile_name(name).role_name(name);
            call.send().await.map(drop).map_err(|error| Error::of("IAM AddRoleToInstanceProfile", error))
        }
    }
}

/// By which spawn knows its role again.
fn mark() -> Result<Tag, String> {
    Tag::builder().key(tags::MANAGED).value("true").build().map_err(|error| error.to_string())
}
