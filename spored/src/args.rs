//! The command line of `spored`.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use spawn_host::dead_letters::DeadLettersCommand;
use spawn_telemetry::LogFormat;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// The agent of spawn: traces its AWS calls, registers, heartbeats and ends the instance at its time to live.
#[derive(Debug, Parser)]
#[command(name = "spored", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the agent until it is told to stop (SIGTERM, Ctrl-C) or the instance's time is up.
    Run(RunOptions),
    /// Show, explain and check settings.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Show what the running agent does and whether its spans are delivered.
    Status(StatusOptions),
    /// Make the running agent read local.yaml, its tags and the files that they name again; exit code 3 when something
    /// is wrong, and then everything stays as it is.
    Reload(ReloadOptions),
    /// Check everything that the agent depends on and print the remedy for each finding; exit code 1 when one fails.
    Doctor(DoctorOptions),
    /// Make the running agent deliver the spans that wait; exit code 1 when some are left.
    Flush(FlushOptions),
    /// Find out where a trace or a span is.
    #[command(subcommand)]
    Trace(TraceCommand),
    /// Tell the running agent that the work of this host is done; what then becomes of the host is `on-complete`.
    Complete(CompleteOptions),
    /// Make the running agent work for a job array, by its id; it works for one at a time.
    Join(JoinOptions),
    /// Make the running agent finish its tasks and take no more of its job array.
    Leave,
    /// Run a command in a span, with the trace's context in its environment; the exit code is the command's.
    ///
    ///   spored exec -- ./align.sh 42
    #[command(verbatim_doc_comment)]
    Exec(ExecOptions),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct RunOptions {
    /// Log debug lines, and give every line inside a span its trace_id and span_id, even with tracing off.
    #[arg(long)]
    pub(crate) debug: bool,
    /// How log lines look; `auto` is human on a terminal and json elsewhere.
    #[arg(long, value_enum, default_value = "auto", env = "SPORED_LOG_FORMAT")]
    pub(crate) log_format: LogFormatChoice,
    /// Time between two heartbeats.
    #[arg(long, default_value = "30s", value_parser = duration)]
    pub(crate) heartbeat: Duration,
    /// How long a host that says nothing keeps a task of a job array; the lease is renewed every third of it.
    #[arg(long, default_value = "60s", value_parser = lease, env = "SPORED_LEASE")]
    pub(crate) lease: Duration,
    /// Wait before the second attempt of a task that has failed; it doubles with each further one, up to 10m.
    #[arg(long, default_value = "10s", value_parser = duration, env = "SPORED_BACKOFF")]
    pub(crate) backoff: Duration,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print the value of one setting as the running agent has it, or as this host would give it to one.
    Get {
        /// Name of the setting, for example tracing-enabled.
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        key: String,
    },
    /// Print every setting with its value and where the value came from.
    List {
        /// Output format.
        #[arg(short, long, value_enum, default_value = "table")]
        output: Output,
    },
    /// Print a setting's value, where it came from and what it overrode.
    Explain {
        /// Name of the setting, for example tracing-sampling.
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        key: String,
    },
    /// Give the running agent a value that is stronger than every other source and outlives a restart.
    Set {
        /// Name of the setting, for example tracing-sampling.
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        key: String,
        /// The value; `-` reads it from standard input, as secrets must be.
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
    /// Take such a value away again.
    Unset {
        /// Name of the setting.
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        key: String,
    },
    /// Check local.yaml (or FILE), tags and environment; exit code 3 when something is wrong.
    Validate {
        /// File to check instead of /etc/spawn/local.yaml.
        file: Option<PathBuf>,
    },
    /// Print the JSON Schema of local.yaml, for editors.
    Schema,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TraceCommand {
    /// Say what became of a trace: not sampled, queued, refused, dropped or delivered; exit code 1 when nothing is known
    /// of it here.
    Why(WhyOptions),
    /// Look after the spans that a back end has refused for good.
    #[command(subcommand)]
    DeadLetters(DeadLettersCommand),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct WhyOptions {
    /// Id of the trace, as 32 hexadecimal digits or as X-Ray writes it (1-…-…), or the request id of one of its AWS calls.
    #[arg(value_name = "TRACE_ID|REQUEST_ID", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) id: String,
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct DoctorOptions {
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct StatusOptions {
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ReloadOptions {
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct FlushOptions {
    /// Longest time that the agent may take, at most 1m.
    #[arg(long, default_value = "10s", value_parser = duration)]
    pub(crate) within: Duration,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CompleteOptions {
    /// How the work went.
    #[arg(long, value_enum, default_value = "succeeded")]
    pub(crate) status: CompletionStatus,
    /// What there is to say about it; status, log and trace show it.
    #[arg(long)]
    pub(crate) message: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ExecOptions {
    /// Name of the span; by default `exec` and the command's file name.
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub(crate) name: Option<String>,
    /// Attribute of the span; may be given several times.
    #[arg(long = "attribute", value_name = "KEY=VALUE", value_parser = attribute)]
    pub(crate) attributes: Vec<(String, String)>,
    /// Record the command's arguments too; by default only its file name, because arguments may hold secrets.
    #[arg(long)]
    pub(crate) with_arguments: bool,
    /// Log debug lines with trace_id and span_id, even with tracing off.
    #[arg(long)]
    pub(crate) debug: bool,
    /// The command with its arguments.
    #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct JoinOptions {
    /// Id of the array, as `spawn launch` and `spawn status` print it.
    pub(crate) array: String,
    /// Work on this many tasks at once.
    #[arg(long, value_parser = slots)]
    pub(crate) slots: Option<spawn_config::Slots>,
}

/// `--status` of `spored complete`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompletionStatus {
    Succeeded,
    Failed,
}

/// How a command prints its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// `--log-format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormatChoice {
    Auto,
    Human,
    Json,
}

impl LogFormatChoice {
    pub(crate) fn resolve(self, stderr_is_terminal: bool) -> LogFormat {
        match self {
            Self::Human => LogFormat::Human,
            Self::Json => LogFormat::Json,
            Self::Auto if stderr_is_terminal => LogFormat::Human,
            Self::Auto => LogFormat::Json,
        }
    }
}

/// At least a second, because SQS counts in seconds, and less than the 12 hours for which it hides a message.
fn lease(text: &str) -> Result<Duration, String> {
    let lease = duration(text).map_err(|error| error.to_string())?;
    let sound = (Duration::from_secs(1)..=Duration::from_secs(11 * 60 * 60)).contains(&lease);
    if sound { Ok(lease) } else { Err("from 1s to 11h".to_owned()) }
}

fn attribute(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _ => Err("an attribute is KEY=VALUE".to_owned()),
    }
}

fn slots(text: &str) -> Result<spawn_config::Slots, spawn_config::ValueError> {
    text.parse()
}

fn duration(text: &str) -> Result<Duration, spawn_config::ValueError> {
    text.parse().map(|span: spawn_config::TimeSpan| span.duration())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
