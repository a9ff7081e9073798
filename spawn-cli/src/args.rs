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
    #[arg(long, global = true)]
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
    /// spawn launch --instance-type t3.micro --tag spawn:tracing-enabled=true --tag spawn:tracing-sampling=1.0
    Launch(LaunchOptions),
    /// List the instances that spawn launched in this region.
    List(ListOptions),
    /// Terminate instances.
    Terminate(TerminateOptions),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct LaunchOptions {
    /// Instance type, for example t3.micro.
    #[arg(long)]
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
    #[arg(long)]
    pub(crate) ami: Option<String>,
    /// Launch spot instances instead of on-demand ones.
    #[arg(long)]
    pub(crate) spot: bool,
    /// Time to live, counted from the launch: 90m, 8h, 1d, 1h30m.
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) ttl: Option<TimeSpan>,
    /// Instance profile that gives the agent its rights.
    #[arg(long, value_name = "NAME")]
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
    if sound {
        Ok(text.to_owned())
    } else {
        Err("an instance id is i- and 17 hexadecimal digits; `spawn list` shows them".to_owned())
    }
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
    fn an_id_that_is_none_is_refused_before_any_call() {
        assert!(instance_id("i-0123456789abcdef0").is_ok());
        assert!(instance_id("i-1234abcd").is_ok());
        for wrong in ["", "i-", "0123456789abcdef0", "i-xyz", "i-0123456789abcdef01", "web-1"] {
            assert!(instance_id(wrong).is_err(), "{wrong}");
        }
    }
}
