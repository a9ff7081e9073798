//! Whose rights a caller has: a session's are those of its role.

use super::found::role;
use crate::account::Caller;
use crate::error::Result;
use aws_sdk_iam::Client;

/// Whose rights are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// A user or a role, by the ARN that IAM takes.
    Identity(String),
    /// The account's root user, who may do everything but what the organisation forbids.
    Root,
    /// A kind of session whose rights IAM does not tell, such as a federated user's.
    Unknown(String),
}

/// Whose rights this caller has.
///
/// A session's ARN names its role without the path, so that IAM is asked for the role's ARN.
///
/// # Errors
/// If IAM refuses or does not answer.
pub async fn principal(client: &Client, caller: &Caller) -> Result<Principal> {
    let Some(name) = role_of_session(&caller.arn) else { return Ok(without_role(caller)) };
    match role(client, name).await? {
        Some(role) => Ok(Principal::Identity(role.arn)),
        None => Ok(Principal::Unknown(caller.arn.clone())),
    }
}

fn without_role(caller: &Caller) -> Principal {
    match caller.arn.rsplit_once(':') {
        Some((_, "root")) => Principal::Root,
        Some((_, resource)) if resource.starts_with("user/") => Principal::Identity(caller.arn.clone()),
        _ => Principal::Unknown(caller.arn.clone()),
    }
}

/// The role's name in `arn:aws:sts::123456789012:assumed-role/NAME/SESSION`.
fn role_of_session(arn: &str) -> Option<&str> {
    let (_, resource) = arn.rsplit_once(":assumed-role/")?;
    resource.split('/').next().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_roots_and_sessions_are_told_apart() {
        let of = |arn: &str| without_role(&Caller { account: "123456789012".to_owned(), arn: arn.to_owned() });
        let user = "arn:aws:iam::123456789012:user/team/kim";
        assert_eq!(of(user), Principal::Identity(user.to_owned()));
        assert_eq!(of("arn:aws:iam::123456789012:root"), Principal::Root);
        let federated = "arn:aws:sts::123456789012:federated-user/kim";
        assert_eq!(of(federated), Principal::Unknown(federated.to_owned()));
        assert_eq!(role_of_session("arn:aws-cn:sts::123456789012:assumed-role/Admin/kim@example.com"), Some("Admin"));
        assert_eq!(role_of_session(user), None);
    }
}
