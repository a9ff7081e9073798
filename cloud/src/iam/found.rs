//! What is there of a role and its instance profile.

use crate::error::{Error, Result};
use aws_sdk_iam::Client;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use spawn_config::tags;
use spawn_telemetry::ExpectErrors;

/// IAM's code for what is not there.
const ABSENT: &str = "NoSuchEntity";

/// What is there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The role's ARN; `None` where there is no role.
    pub role_arn: Option<String>,
    /// Whether the role carries the mark of spawn.
    pub ours: bool,
    /// The role's inline policy of the name asked for.
    pub policy: Option<Value>,
    /// Whether there is an instance profile.
    pub profile: bool,
    /// The roles in the profile; AWS allows one.
    pub profile_roles: Vec<String>,
}

/// Looks at the role and the instance profile called `name`, and at the role's inline policy `policy_name`.
///
/// # Errors
/// If IAM refuses or does not answer. What is absent is no error.
pub async fn look(client: &Client, name: &str, policy_name: &str) -> Result<Found> {
    let mut found = Found::default();
    if let Some(role) = role(client, name).await? {
        let tags = role.tags.unwrap_or_default();
        found.ours = tags.iter().any(|tag| tag.key == tags::MANAGED && tag.value == "true");
        found.role_arn = Some(role.arn);
        found.policy = inline_policy(client, name, policy_name).await?;
    }
    if let Some(roles) = profile_roles(client, name).await? {
        found.profile = true;
        found.profile_roles = roles;
    }
    Ok(found)
}

/// The role, or `None`.
pub(super) async fn role(client: &Client, name: &str) -> Result<Option<aws_sdk_iam::types::Role>> {
    let call = client.get_role().role_name(name).customize().interceptor(ExpectErrors(&[ABSENT]));
    match call.send().await {
        Ok(answer) => Ok(answer.role),
        Err(error) => absent(Error::of("IAM GetRole", error)),
    }
}

async fn inline_policy(client: &Client, role: &str, policy: &str) -> Result<Option<Value>> {
    const CALL: &str = "IAM GetRolePolicy";
    let call = client.get_role_policy().role_name(role).policy_name(policy);
    let text = match call.customize().interceptor(ExpectErrors(&[ABSENT])).send().await {
        Ok(answer) => answer.policy_document,
        Err(error) => return absent(Error::of(CALL, error)),
    };
    let unreadable = |reason: String| Error::Unexpected { call: CALL, reason };
    let text = percent_decode_str(&text).decode_utf8().map_err(|error| unreadable(error.to_string()))?;
    serde_json::from_str(&text).map(Some).map_err(|error| unreadable(error.to_string()))
}

/// All inline policies of a role, as documents.
///
/// # Errors
/// If the role is absent, or IAM refuses or does not answer.
pub async fn inline_policies(client: &Client, role: &str) -> Result<Vec<Value>> {
    let mut pages = client.list_role_policies().role_name(role).into_paginator().send();
    let mut documents = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| Error::of("IAM ListRolePolicies", error))?;
        for name in page.policy_names {
            documents.extend(inline_policy(client, role, &name).await?);
        }
    }
    Ok(documents)
}

async fn profile_roles(client: &Client, name: &str) -> Result<Option<Vec<String>>> {
    let call = client.get_instance_profile().instance_profile_name(name);
    match call.customize().interceptor(ExpectErrors(&[ABSENT])).send().await {
        Ok(answer) => {
            let roles = answer.instance_profile.map(|profile| profile.roles).unwrap_or_default();
            Ok(Some(roles.into_iter().map(|role| role.role_name).collect()))
        }
        Err(error) => absent(Error::of("IAM GetInstanceProfile", error)),
    }
}

/// What is not there is no error.
fn absent<T>(error: Error) -> Result<Option<T>> {
    if error.code() == Some(ABSENT) { Ok(None) } else { Err(error) }
}
