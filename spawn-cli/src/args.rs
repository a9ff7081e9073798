//! The command line of `spawn`.

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use spawn_config::TimeSpan;

/// Launch EC2 instances with an agent on each, every AWS call an OpenTelemetry span.
#[derive(Debug, Parser)]
#[command(name = "spawn", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Global {
    /// AWS region; by default the one of the environment or the profile.
    #[arg(long, global = true, value_parser = region)]
    pub(crate) region: Option<String>,
    /// Log debug lines, and give every line inside a span its trace_id and span_id, even with tracing off.
    #[arg(long, global = true)]
    pub(crate) debug: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Launch instances.
    ///
    /// Tags that begin with `spawn:` are settings of the agent, and of this launch's own trace:
    ///
    ///   spawn launch --instance-type t3.micro \
    ///     --tag spawn:tracing-enabled=true --tag spawn:tracing-sampling=1.0
    #[command(verbatim_doc_comment)]
    Launch(LaunchOptions),
    /// List the instances that spawn launched in this region.
    List(ListOptions),
    /// Terminate instances.
    Terminate(TerminateOptions),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct LaunchOptions {
    /// Instance type, for example t3.micro.
    #[arg(long, value_parser = instance_type)]
    pub(crate) instance_type: String,
    /// Tag of the instances; may be given many times.
    #[arg(long = "tag", value_name = "KEY=VALUE")]
    pub(crate) tags: Vec<String>,
    /// Name of the instances (their Name tag).
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// How many instances; all are launched or none.
    #[arg(long, default_value_t = 1, allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) count: u16,
    /// Image (AMI id, or resolve:ssm:PARAMETER); by default the newest Amazon Linux 2023 of the type's architecture.
    #[arg(long, value_parser = image)]
    pub(crate) ami: Option<String>,
    /// Launch spot instances instead of on-demand ones.
    #[arg(long)]
    pub(crate) spot: bool,
    /// Time to live, counted from the launch: 90m, 8h, 1d, 1h30m.
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) ttl: Option<TimeSpan>,
    /// Instance profile that gives the agent its rights.
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) iam_instance_profile: Option<String>,
    /// Ask EC2 whether the launch would go through, and launch nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Wait until the instances run, or until their agents have registered.
    #[arg(long, value_enum, value_name = "FOR", num_args = 0..=1, default_missing_value = "running")]
    pub(crate) wait: Option<WaitFor>,
    /// Longest time to wait.
    #[arg(long, value_name = "TIME", default_value = "5m")]
    pub(crate) wait_timeout: TimeSpan,
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    pub(crate) output: Output,
}

/// What `--wait` waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WaitFor {
    /// EC2 says that the instances run.
    Running,
    /// The agents have registered.
    Agent,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ListOptions {
    /// Show terminated instances too (EC2 remembers them for about an hour).
    #[arg(long)]
    pub(crate) all: bool,
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct TerminateOptions {
    /// Ids of the instances, i-….
    #[arg(required = true, value_name = "INSTANCE_ID", value_parser = instance_id)]
    pub(crate) ids: Vec<String>,
    /// Do not ask.
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    pub(crate) output: Output,
}

/// How a command prints its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// An instance id is `i-` and 8 or 17 hexadecimal digits; anything else would cost a call to be refused.
fn instance_id(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix("i-").unwrap_or_default();
    let sound = matches!(digits.len(), 8 | 17) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    checked(sound, text, "an instance id is i- and 17 hexadecimal digits; `spawn list` shows them")
}

/// A region is part of a host name; anything else would fail only after other calls were made.
fn region(text: &str) -> Result<String, String> {
    checked(is_label(text), text, "a region is a name such as eu-central-1")
}

/// `family.size`, as in t3.micro or u-6tb1.metal.
fn instance_type(text: &str) -> Result<String, String> {
    let sound = text.split_once('.').is_some_and(|(family, size)| is_label(family) && is_label(size));
    checked(sound, text, "an instance type is a family and a size such as t3.micro")
}

/// An id, or a parameter of Systems Manager that holds one.
fn image(text: &str) -> Result<String, String> {
    let sound = ["ami-", "resolve:ssm:"].iter().any(|prefix| text.len() > prefix.len() && text.starts_with(prefix));
    checked(sound, text, "an image is ami-… or resolve:ssm:PARAMETER")
}

fn is_label(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn checked(sound: bool, text: &str, rule: &str) -> Result<String, String> {
    if sound { Ok(text.to_owned()) } else { Err(rule.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_name_that_aws_cannot_know_is_refused_before_any_call() {
        let refused = |check: fn(&str) -> Result<String, String>, texts: &[&str]| {
            texts.iter().filter(|text| check(text).is_err()).map(|&text| text.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(refused(region, &["eu-central-1", "", "us east", "us.east"]), ["", "us east", "us.east"]);
        assert_eq!(
            refused(instance_type, &["t3.micro", "u-6tb1.metal", "", "t3", ".micro", "t3.", "T3.micro"]),
            ["", "t3", ".micro", "t3.", "T3.micro"]
        );
        assert_eq!(refused(image, &["ami-12c6146b", "resolve:ssm:/a/b", "", "ami-", "linux"]), ["", "ami-", "linux"]);
    }

    #[test]
    fn an_id_that_is_none_is_refused_before_any_call() {
        assert!(instance_id("i-0123456789abcdef0").is_ok());
        assert!(instance_id("i-1234abcd").is_ok());
        for wrong in ["", "i-", "0123456789abcdef0", "i-xyz", "i-0123456789abcdef01", "web-1"] {
            assert!(instance_id(wrong).is_err(), "{wrong}");
        }
    }
}
