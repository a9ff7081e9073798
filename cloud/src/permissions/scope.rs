//! Which account, region and names a policy is for.

use crate::account::Caller;
use serde_json::Value;

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
    /// Buckets that job arrays read from and write to, besides the account's own.
    pub buckets: Vec<String>,
    /// Lambda functions that job arrays may invoke when they end.
    pub hooks: Vec<String>,
}

impl Default for Scope {
    fn default() -> Self {
        Self {
            partition: "aws".to_owned(),
            account: None,
            region: None,
            table: crate::registry::TABLE.to_owned(),
            role_name: ROLE_NAME.to_owned(),
            buckets: Vec::new(),
            hooks: Vec::new(),
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

    /// The resources of a right. One that is about buckets or hooks is there for each, and not at all without any.
    pub(crate) fn resources(&self, patterns: &[&str]) -> Vec<String> {
        let each = |pattern: &str, brace: &str, names: &[String]| -> Vec<String> {
            names.iter().map(|name| self.resource(&pattern.replace(brace, name))).collect()
        };
        let of = |pattern: &&str| match *pattern {
            pattern if pattern.contains("{bucket}") => each(pattern, "{bucket}", &self.buckets),
            pattern if pattern.contains("{hook}") => each(pattern, "{hook}", &self.hooks),
            pattern => vec![self.resource(pattern)],
        };
        patterns.iter().flat_map(of).collect()
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

/// The buckets and hooks that a policy of the agent names.
pub(crate) fn named_in(policy: &Value) -> (Vec<String>, Vec<String>) {
    let statements = policy["Statement"].as_array().into_iter().flatten();
    let resources = statements.flat_map(|statement| match &statement["Resource"] {
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        one => Vec::from_iter(one.as_str()),
    });
    let (mut buckets, mut hooks) = (Vec::new(), Vec::new());
    for arn in resources {
        let mut parts = arn.splitn(6, ':').skip(2);
        match (parts.next(), parts.nth(2)) {
            (Some("s3"), Some(name)) if !name.contains('/') && !is_own(name) => buckets.push(name.to_owned()),
            (Some("lambda"), Some(function)) => hooks.extend(function.strip_prefix("function:").map(str::to_owned)),
            _ => {}
        }
    }
    (buckets, hooks)
}

/// Whether a bucket is the account's own: `spawn-ACCOUNT-REGION`, or the pattern for it.
fn is_own(bucket: &str) -> bool {
    let account = |rest: &str| rest.bytes().take_while(u8::is_ascii_digit).count() == 12;
    bucket.strip_prefix("spawn-").is_some_and(|rest| rest.starts_with("${") || account(rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::{Feature, Role};

    #[test]
    fn buckets_and_hooks_are_there_each_and_not_at_all_without_any() {
        let patterns = ["arn:{partition}:s3:::own/*", "arn:{partition}:s3:::{bucket}/*"];
        assert_eq!(Scope::default().resources(&patterns), ["arn:aws:s3:::own/*"]);
        let scope = Scope { buckets: vec!["in".to_owned(), "out".to_owned()], ..Scope::default() };
        assert_eq!(scope.resources(&patterns), ["arn:aws:s3:::own/*", "arn:aws:s3:::in/*", "arn:aws:s3:::out/*"]);
        assert!(scope.resources(&["arn:{partition}:lambda:{region}:{account}:function:{hook}"]).is_empty());
    }

    #[test]
    fn buckets_and_hooks_are_found_again_in_the_policy() {
        let scope = Scope {
            buckets: vec!["in".to_owned(), "spawn-results".to_owned()],
            hooks: vec!["done:live".to_owned()],
            ..Scope::default()
        };
        let policy = |scope: &Scope| {
            serde_json::to_value(super::super::policy(Role::Agent, &Feature::all_of(Role::Agent), scope)).unwrap()
        };
        assert_eq!(named_in(&policy(&scope)), (scope.buckets, scope.hooks));
        assert_eq!(named_in(&policy(&Scope::default())), (vec![], vec![]));
        assert_eq!(named_in(&Value::Null), (vec![], vec![]));
    }

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
