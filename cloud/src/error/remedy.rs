//! What to do about an error of AWS.

use crate::permissions::{Scope, action_of, statements_for};

/// Codes that say that the caller may not do this.
pub(super) const DENIED: [&str; 3] = ["UnauthorizedOperation", "AccessDenied", "AccessDeniedException"];
/// EC2 says why only in this form, which STS reads for those who may ask.
const ENCODED: &str = "Encoded authorization failure message";

/// What to do about a refusal, where that is known.
pub(super) fn of(call: &str, code: &str, message: &str) -> Option<String> {
    Some(match code {
        denied if DENIED.contains(&denied) => may_not(call, message),
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            "the credentials have expired: sign in again".to_owned()
        }
        "AuthFailure" | "InvalidClientTokenId" | "UnrecognizedClientException" => {
            "AWS does not know these credentials: check the profile and the region".to_owned()
        }
        "InstanceLimitExceeded" | "VcpuLimitExceeded" | "MaxSpotInstanceCountExceeded" => {
            "ask for a higher quota in the Service Quotas console, or launch fewer or smaller instances".to_owned()
        }
        "InsufficientInstanceCapacity" => "try another instance type or another region".to_owned(),
        _ => return None,
    })
}

/// Names the statement to add: AWS may miss another action than the one that was called, and then says which.
fn may_not(call: &str, message: &str) -> String {
    let action = named_in(message).map(str::to_owned).or_else(|| action_of(call));
    let scope = Scope { partition: partition_in(message).to_owned(), ..Scope::default() };
    let statements = action.as_deref().map(|action| statements_for(action, &scope)).unwrap_or_default();
    let json = match statements.as_slice() {
        [] => None,
        [one] => serde_json::to_string(one).ok(),
        many => serde_json::to_string(many).ok(),
    };
    let decode = "`aws sts decode-authorization-message --encoded-message …` tells which policy decided; ";
    let decode = if message.contains(ENCODED) { decode } else { "" };
    let whose = "to the policy of the identity that calls (`aws sts get-caller-identity` shows it)";
    match (json, action) {
        (Some(json), _) => format!("{decode}unless a policy denies it, add this {whose}: {json}"),
        (None, Some(action)) => format!("{decode}add {action} {whose}"),
        (None, None) => format!("{decode}add the action {whose}"),
    }
}

/// The action in `… is not authorized to perform: iam:PassRole on resource: …`.
fn named_in(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("perform: ")?;
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != ':' && c != '-').unwrap_or(rest.len());
    rest.get(..end).filter(|action| action.contains(':'))
}

/// The partition of the ARNs that AWS speaks of.
fn partition_in(message: &str) -> &str {
    let known = ["aws-cn", "aws-us-gov"];
    known.into_iter().find(|partition| message.contains(&format!("arn:{partition}:"))).unwrap_or("aws")
}

/// Adds what to do to an error that never reached AWS.
pub(super) fn unanswered(reason: String) -> String {
    let hint = if reason.contains("no credentials found in chain") {
        let hint = "no AWS credentials: run `aws configure` or `aws sso login`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
        // A source that is not set up is no news; one that is set up and failed is.
        let failed = reason.lines().skip(1).filter(|source| !source.contains("was not enabled"));
        let failed: Vec<&str> = failed.map(|source| source.trim().trim_end_matches(')')).collect();
        return if failed.is_empty() { hint.to_owned() } else { format!("{hint} ({})", failed.join("; ")) };
    } else if reason.contains("must be a valid host label") {
        return "the AWS region is no region name: correct --region, AWS_REGION or the profile".to_owned();
    } else if reason.contains("redentials") {
        "AWS gave no credentials: check the profile, the role or the sign-in that they come from"
    } else if reason.contains("dispatch failure") {
        "AWS was not reached: check the network, a proxy, and AWS_ENDPOINT_URL"
    } else {
        return reason;
    };
    format!("{hint} ({reason})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sources_of_credentials_that_failed_are_named() {
        let chain = |profile: &str| {
            format!(
                "dispatch failure: other: no credentials found in chain. Attempted:\n  \
                 Environment: the credential provider was not enabled: environment variable not set\n  Profile: {profile})"
            )
        };
        let none = unanswered(chain("the credential provider was not enabled"));
        assert!(none.ends_with("AWS_SECRET_ACCESS_KEY"), "{none}");
        let broken = unanswered(chain("could not parse profile file"));
        assert!(broken.ends_with("AWS_SECRET_ACCESS_KEY (Profile: could not parse profile file)"), "{broken}");
    }

    #[test]
    fn a_denied_call_names_the_statement_to_add() {
        let told = of("EC2 TerminateInstances", "UnauthorizedOperation", "You are not authorized").unwrap();
        let (_, json) = told.split_once("shows it): ").unwrap();
        let expected = serde_json::json!({
            "Sid": "Terminate",
            "Effect": "Allow",
            "Action": "ec2:TerminateInstances",
            "Resource": "arn:aws:ec2:*:*:instance/*",
            "Condition": { "StringEquals": { "aws:ResourceTag/spawn:managed": "true" } },
        });
        assert_eq!(serde_json::from_str::<serde_json::Value>(json).unwrap(), expected);
        assert!(!json.contains('\n'));
    }

    #[test]
    fn the_action_that_aws_misses_is_the_one_to_add_not_the_one_that_was_called() {
        let message = "User: arn:aws-cn:iam::123456789012:user/kim is not authorized to perform: iam:PassRole on \
                       resource: arn:aws-cn:iam::123456789012:role/spored because no identity-based policy allows it. \
                       Encoded authorization failure message: c2VjcmV0";
        let told = of("EC2 RunInstances", "UnauthorizedOperation", message).unwrap();
        assert!(told.contains("\"Action\":\"iam:PassRole\""), "{told}");
        assert!(told.contains("arn:aws-cn:iam::*:role/spored"), "{told}");
        assert!(told.contains("decode-authorization-message"), "{told}");
    }

    #[test]
    fn a_right_that_is_not_in_the_table_is_named_at_least() {
        let told = of("EC2 ModifyVpc", "UnauthorizedOperation", "no").unwrap();
        assert!(told.starts_with("add ec2:ModifyVpc to the policy"), "{told}");
    }
}
