//! The command line of `spawn iam`.

use crate::exit::UsageError;
use crate::output::Output;
use clap::{Args, Subcommand, ValueEnum};
use spawn_cloud::permissions::{Feature, Role};

/// What to do about rights.
#[derive(Debug, Subcommand)]
pub(crate) enum IamCommand {
    /// Print the least policy that an operator or an agent needs.
    Policy(PolicyOptions),
    /// Make the agent's role and instance profile, or bring their policy up to date.
    Create(CreateOptions),
    /// Say which rights are missing, with the statements to add.
    Check(CheckOptions),
}

#[derive(Debug, Args)]
pub(crate) struct PolicyOptions {
    #[command(flatten)]
    pub(super) rights: RightsOptions,
    /// Account that the policy is for; by default any.
    #[arg(long, value_name = "ID", value_parser = account)]
    pub(super) account: Option<String>,
    /// Name of the agent's role, which an operator may hand to instances.
    #[arg(long, default_value = "spored", value_parser = role_name)]
    pub(super) name: String,
    /// Print who may take the agent's role on instead: the role's trust policy.
    #[arg(long, conflicts_with_all = ["role", "features"])]
    pub(super) trust: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CreateOptions {
    /// Name of the role and of its instance profile.
    #[arg(long, default_value = "spored", value_parser = role_name)]
    pub(super) name: String,
    /// Where the agents' spans go; X-Ray alone needs rights.
    #[arg(long, value_enum, default_value = "xray")]
    pub(super) tracing: TracingTo,
    /// What decides which traces are recorded; X-Ray's rules need two rights.
    #[arg(long, value_enum, default_value = "ratio")]
    pub(super) sampler: SampledBy,
    /// Features of the agent; by default all.
    #[arg(long = "for", value_name = "FEATURE,…", value_enum, value_delimiter = ',')]
    pub(super) features: Vec<FeatureName>,
    #[command(flatten)]
    pub(super) data: DataOptions,
    /// Change a role of that name that spawn has not made.
    #[arg(short, long)]
    pub(super) yes: bool,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    pub(super) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct CheckOptions {
    #[command(flatten)]
    pub(super) rights: RightsOptions,
    /// Name of the agent's role.
    #[arg(long, default_value = "spored", value_parser = role_name)]
    pub(super) name: String,
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    pub(super) output: Output,
}

/// Whose rights, and what for.
#[derive(Debug, Args)]
pub(crate) struct RightsOptions {
    /// Whose rights: of whoever runs `spawn`, or of the agent on the instances.
    #[arg(long, value_enum, default_value = "operator")]
    pub(super) role: RoleName,
    /// What for; by default everything that the role does.
    #[arg(long = "for", id = "features", value_name = "FEATURE,…", value_enum, value_delimiter = ',')]
    pub(super) features: Vec<FeatureName>,
    /// Where spans go; X-Ray alone needs rights.
    #[arg(long, value_enum, default_value = "xray")]
    pub(super) tracing: TracingTo,
    /// What decides which traces are recorded; X-Ray's rules need two rights.
    #[arg(long, value_enum, default_value = "ratio")]
    pub(super) sampler: SampledBy,
    #[command(flatten)]
    pub(super) data: DataOptions,
}

/// What job arrays are given besides the account's own bucket.
#[derive(Clone, Debug, Args)]
pub(crate) struct DataOptions {
    /// Bucket that job arrays read from and write to, besides spawn's own; may be repeated.
    #[arg(long = "bucket", value_name = "NAME", value_parser = bucket)]
    pub(super) buckets: Vec<String>,
    /// Lambda function that a job array may invoke when it has ended, `NAME` or `NAME:ALIAS`; may be repeated.
    #[arg(long = "hook", value_name = "FUNCTION", value_parser = hook)]
    pub(super) hooks: Vec<String>,
}

impl RightsOptions {
    pub(super) fn role(&self) -> Role {
        match self.role {
            RoleName::Operator => Role::Operator,
            RoleName::Agent => Role::Agent,
        }
    }

    pub(super) fn features(&self) -> Result<Vec<Feature>, UsageError> {
        features(self.role(), &self.features, self.tracing, self.sampler)
    }
}

/// The features that were asked for, or all of the role; X-Ray's if and only if spans go there, or its rules decide.
pub(super) fn features(
    role: Role,
    named: &[FeatureName],
    tracing: TracingTo,
    sampler: SampledBy,
) -> Result<Vec<Feature>, UsageError> {
    let mut features: Vec<Feature> = named.iter().map(|name| name.0).collect();
    if let Some(strange) = features.iter().find(|feature| !feature.is_of(role)) {
        let known: Vec<&str> = Feature::all_of(role).iter().map(|feature| feature.name()).collect();
        let (strange, role) = (strange.name(), role.name());
        return Err(UsageError::Other(format!(
            "{strange} is no feature of the {role}: choose from {}",
            known.join(", ")
        )));
    }
    if features.is_empty() {
        features = Feature::all_of(role);
    }
    if tracing == TracingTo::Xray {
        features.push(Feature::Xray);
    }
    if tracing != TracingTo::Off && sampler == SampledBy::Xray {
        features.push(Feature::Sampling);
    }
    Ok(features)
}

/// Whose rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleName {
    /// Whoever runs `spawn`.
    Operator,
    /// `spored` on the instances.
    Agent,
}

/// Where spans go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TracingTo {
    /// AWS X-Ray, which needs two rights.
    Xray,
    /// An OTLP back end, which needs none of AWS.
    Otlp,
    /// Nowhere.
    Off,
}

/// What decides which traces are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SampledBy {
    /// A share of them, which needs no right.
    Ratio,
    /// The account's sampling rules in X-Ray, which are asked for.
    Xray,
}

/// A feature as the command line names it; X-Ray's two have flags of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FeatureName(Feature);

impl ValueEnum for FeatureName {
    fn value_variants<'a>() -> &'a [Self] {
        const NAMES: [FeatureName; Feature::ALL.len()] = {
            let mut names = [FeatureName(Feature::Xray); Feature::ALL.len()];
            let mut place = 0;
            while place < names.len() {
                names[place] = FeatureName(Feature::ALL[place]);
                place += 1;
            }
            names
        };
        &NAMES
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        (!self.0.is_of_xray()).then(|| clap::builder::PossibleValue::new(self.0.name()))
    }
}

fn account(text: &str) -> Result<String, String> {
    let sound = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if sound { Ok(text.to_owned()) } else { Err("an account has 12 digits".to_owned()) }
}

/// S3's rule for the names of buckets. Spawn's own are in the policy already.
fn bucket(text: &str) -> Result<String, String> {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    if !(3..=63).contains(&text.len()) || !text.bytes().all(known) {
        return Err("a bucket's name has 3 to 63 lower-case letters, digits, hyphens and dots, and no s3://".to_owned());
    }
    Ok(text.to_owned())
}

/// Lambda's rule for the names of functions, with an alias or a version.
fn hook(text: &str) -> Result<String, String> {
    let known = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let name = |text: &str, most: usize| (1..=most).contains(&text.len()) && text.chars().all(known);
    let sound = match text.split_once(':') {
        None => name(text, 64),
        Some((function, alias)) => name(function, 64) && name(alias, 128),
    };
    let rule =
        "a function's name has 1 to 64 letters, digits, hyphens and underscores; an alias may follow behind a colon";
    if sound { Ok(text.to_owned()) } else { Err(rule.to_owned()) }
}

/// IAM's rule for the names of roles.
fn role_name(text: &str) -> Result<String, String> {
    let known = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    let sound = (1..=64).contains(&text.len()) && text.chars().all(known);
    if sound { Ok(text.to_owned()) } else { Err("a role's name has 1 to 64 letters, digits and _+=,.@-".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_iam_cannot_know_is_refused_before_any_call() {
        for wrong in ["", "a b", "a/b", "é", &"x".repeat(65)] {
            assert!(role_name(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "123", "12345678901x", "1234567890123"] {
            assert!(account(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "ab", "s3://data", "data/in", "Data", &"x".repeat(64)] {
            assert!(bucket(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "lambda:", ":live", "a:b:c", "a*", "arn:aws:lambda:x", &"x".repeat(65)] {
            assert!(hook(wrong).is_err(), "{wrong}");
        }
        assert!(bucket("my.data-2").is_ok() && hook("done").is_ok() && hook("done:live").is_ok());
        assert!(role_name("spored-2.x_team@a=b,c+d").is_ok() && account("123456789012").is_ok());
    }

    #[test]
    fn a_feature_of_the_other_role_is_refused_with_those_that_would_do() {
        let error = features(Role::Agent, &[FeatureName(Feature::Launch)], TracingTo::Off, SampledBy::Ratio)
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "launch is no feature of the agent: choose from fetch, registry, life, tags-fallback, work, hook"
        );
    }

    #[test]
    fn xray_is_among_the_features_if_and_only_if_spans_go_there() {
        let with = |tracing, sampler| features(Role::Agent, &[FeatureName(Feature::Life)], tracing, sampler).unwrap();
        assert_eq!(with(TracingTo::Xray, SampledBy::Ratio), [Feature::Life, Feature::Xray]);
        assert_eq!(with(TracingTo::Otlp, SampledBy::Ratio), [Feature::Life]);
        assert_eq!(with(TracingTo::Off, SampledBy::Ratio), [Feature::Life]);
        assert_eq!(with(TracingTo::Xray, SampledBy::Xray), [Feature::Life, Feature::Xray, Feature::Sampling]);
        assert_eq!(with(TracingTo::Otlp, SampledBy::Xray), [Feature::Life, Feature::Sampling]);
        assert_eq!(with(TracingTo::Off, SampledBy::Xray), [Feature::Life]);
    }
}
