//! Which account, region and names a policy is for.

use crate::account::Caller;

/// The agent's role and its instance profile, where nobody gave them another name.
pub const ROLE_NAME: &str = "spored";

/// What the resources of a policy are narrowed to. By default any account and any region of the partition `aws`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// Account, 12 digits; `None` for whichever account the policy stands in.
    pub account: Option<String>,
    /// Region; `None` for all.
    pub region: Option<String>,
    /// The agents' table.
    pub table: String,
    /// Name of the agent's role and instance profile.
    pub role_name: String,
}

impl Default for Scope {
    fn default() -> Self {
        Self {
            partition: "aws".to_owned(),
            account: None,
            region: None,
            table: crate::registry::TABLE.to_owned(),
            role_name: ROLE_NAME.to_owned(),
        }
    }
}

impl Scope {
    /// The partition that a region lies in.
    #[must_use]
    pub fn partition_of(region: &str) -> &'static str {
        match region {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    /// The same in the account and the partition of this caller.
    #[must_use]
    pub fn of(&self, caller: &Caller) -> Self {
        let partition = caller.partition().to_owned();
        Self { partition, account: Some(caller.account.clone()), ..self.clone() }
    }

    /// EC2 as the principal that takes a role on for an instance.
    pub(crate) fn ec2_principal(&self) -> &'static str {
        if self.partition == "aws-cn" { "ec2.amazonaws.com.cn" } else { "ec2.amazonaws.com" }
    }

    /// A resource of the table with this scope's names in the place of its braces.
    pub(crate) fn resource(&self, pattern: &str) -> String {
        let account = self.account.as_deref();
        pattern
            .replace("{partition}", &self.partition)
            .replace("{region}", self.region.as_deref().unwrap_or("*"))
            .replace("{account}", account.unwrap_or("*"))
            // A bucket's ARN has no account: IAM itself puts the caller's into the name.
            .replace("{own-account}", account.unwrap_or("${aws:PrincipalAccount}"))
            .replace("{table}", &self.table)
            .replace("{role}", &self.role_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_of_the_partition_account_and_region() {
        let instance = "arn:{partition}:ec2:{region}:{account}:instance/*";
        let bucket = "arn:{partition}:s3:::spawn-{own-account}-{region}";
        let anywhere = Scope::default();
        assert_eq!(anywhere.resource(instance), "arn:aws:ec2:*:*:instance/*");
        assert_eq!(anywhere.resource(bucket), "arn:aws:s3:::spawn-${aws:PrincipalAccount}-*");
        let narrow = Scope {
            partition: Scope::partition_of("cn-north-1").to_owned(),
            account: Some("123456789012".to_owned()),
            region: Some("cn-north-1".to_owned()),
            ..Scope::default()
        };
        assert_eq!(narrow.resource(instance), "arn:aws-cn:ec2:cn-north-1:123456789012:instance/*");
        assert_eq!(narrow.resource(bucket), "arn:aws-cn:s3:::spawn-123456789012-cn-north-1");
        assert_eq!(Scope::partition_of("us-gov-west-1"), "aws-us-gov");
    }
}
