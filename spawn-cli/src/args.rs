//! The command line of `spawn`.

use crate::cancel::CancelOptions;
use crate::completions::CompletionsOptions;
use crate::connect::ConnectOptions;
use crate::doctor::DoctorOptions;
use crate::extend::ExtendOptions;
use crate::iam::IamCommand;
use crate::launch::LaunchOptions;
use crate::list::ListOptions;
use crate::logs::LogsOptions;
pub(crate) use crate::output::Output;
use crate::results::ResultsOptions;
use crate::retry::RetryOptions;
use crate::setup::SetupOptions;
use crate::start::StartOptions;
use crate::status::StatusOptions;
use crate::stop::StopOptions;
use crate::terminate::TerminateOptions;
use crate::trace::TraceCommand;
use crate::tracing_switch::TracingCommand;
use clap::{Args as ClapArgs, Parser, Subcommand};

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
    /// AWS region; by default the one of the environment or the profile. `list` takes several.
    #[arg(long = "region", value_name = "REGION", global = true, value_parser = region)]
    pub(crate) regions: Vec<String>,
    /// Log debug lines, and give every line inside a span its trace_id and span_id, even with tracing off.
    #[arg(long, global = true)]
    pub(crate) debug: bool,
}

impl Global {
    /// The region that was asked for.
    pub(crate) fn region(&self) -> Option<&str> {
        self.regions.first().map(String::as_str)
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Launch instances
    ///
    /// Tags that begin with `spawn:` are settings of the agent, and of this launch's own trace:
    ///
    ///   spawn launch --instance-type t3.micro \
    ///     --tag spawn:tracing-enabled=true --tag spawn:tracing-sampling=1.0
    #[command(verbatim_doc_comment)]
    Launch(Box<LaunchOptions>),
    /// List the instances that spawn launched.
    List(ListOptions),
    /// Show a job array or an instance on a page, or sum all of them up.
    Status(StatusOptions),
    /// Show what the commands of a job array's tasks have written.
    Logs(LogsOptions),
    /// Show what became of each task of a job array, and fetch what the tasks left behind.
    Results(ResultsOptions),
    /// Call tasks of a job array off; those that run are told to end.
    Cancel(CancelOptions),
    /// Give tasks of a job array that have ended another round of attempts
    ///
    ///   spawn retry align                 those that failed
    ///   spawn retry align --index 3,7-9   these, however they ended
    #[command(verbatim_doc_comment)]
    Retry(RetryOptions),
    /// Terminate instances: they and their disks are gone for good.
    Terminate(TerminateOptions),
    /// Stop instances, or hibernate them; their disks stay, and `spawn start` starts them again.
    Stop(StopOptions),
    /// Start stopped instances again.
    Start(StartOptions),
    /// Give instances more time to live
    ///
    ///   spawn extend web-1 2h         two hours more
    ///   spawn extend web-1 --ttl 8h   eight hours from the launch
    #[command(verbatim_doc_comment)]
    Extend(ExtendOptions),
    /// Switch tracing on running instances on or off, or show what it is.
    #[command(subcommand)]
    Tracing(TracingCommand),
    /// Look at traces, and trace what is no command of spawn.
    #[command(subcommand)]
    Trace(TraceCommand),
    /// Open a shell on an instance, or run a command there.
    Connect(ConnectOptions),
    /// Print what a shell needs to complete this command line.
    Completions(CompletionsOptions),
    /// Print, make and check the rights of operators and agents.
    #[command(subcommand)]
    Iam(IamCommand),
    /// Look at everything that spawn depends on, and say what to do about what is wrong.
    Doctor(DoctorOptions),
    /// Make what launches need in this account and region: bucket, agents, table, instance profile.
    Setup(SetupOptions),
}

/// A region is part of a host name; anything else would fail only after other calls were made.
fn region(text: &str) -> Result<String, String> {
    checked(is_label(text), text, "a region is a name such as eu-central-1")
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

    /// Every command that does something, with its first sentence.
    fn commands(of: &clap::Command, path: &str, rows: &mut Vec<String>) {
        for command in of.get_subcommands().filter(|command| command.get_name() != "help") {
            let path = format!("{path} {}", command.get_name());
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(!about.ends_with('.'), "{path}: `--help` lists it with a full stop, and others without");
            if command.has_subcommands() {
                commands(command, &path, rows);
            } else {
                rows.push(format!("| `{path}` | {about} |\n"));
            }
        }
    }

    #[test]
    fn the_published_table_has_every_command() {
        const REFERENCE: &str = include_str!("../../docs/reference/cli.md");
        let (_, rest) = REFERENCE.split_once("<!-- commands:begin -->\n").unwrap();
        let (published, _) = rest.split_once("<!-- commands:end -->").unwrap();
        let mut rows = vec!["| command | |\n|---|---|\n".to_owned()];
        commands(&Args::command(), "spawn", &mut rows);
        assert_eq!(published, rows.concat(), "put this into docs/reference/cli.md:\n{}", rows.concat());
    }

    #[test]
    fn a_name_that_aws_cannot_know_is_refused_before_any_call() {
        let refused = |check: fn(&str) -> Result<String, String>, texts: &[&str]| {
            texts.iter().filter(|text| check(text).is_err()).map(|&text| text.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(refused(region, &["eu-central-1", "", "us east", "us.east"]), ["", "us east", "us.east"]);
    }
}
