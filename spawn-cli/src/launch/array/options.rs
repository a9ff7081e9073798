//! The flags of `spawn launch` that make a job array, and the values that they take.

use crate::array::{Word, parse_word};
use clap::Args;
use spawn_cloud::arrays::{ArrayName, MOST_TASKS};
use spawn_cloud::staging::S3Url;
use spawn_config::{OnComplete, Slots, TimeSpan, Topology};
use std::path::PathBuf;
use std::str::FromStr;

/// Attempts after the first that anybody may ask for; a task that failed so often fails by itself.
const MOST_RETRIES: i64 = 100;
/// Seconds of the longest attempt: as long as SQS keeps a message.
const LONGEST_ATTEMPT: u64 = 14 * 24 * 60 * 60;

/// What the tasks are. All of it needs a command behind `--`, but for `--join`.
#[derive(Debug, Default, Args)]
pub(crate) struct ArrayOptions {
    /// Name of the job array; by default that of the command's file.
    #[arg(long, value_name = "NAME")]
    pub(crate) job_array_name: Option<ArrayName>,
    /// How many tasks; by default one for each parameter set, or else one for each instance.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_TASKS)))]
    pub(crate) tasks: Option<u32>,
    /// File with the parameters of each task (JSON, YAML or CSV); a task finds them in its environment.
    #[arg(long, value_name = "FILE")]
    pub(crate) param_file: Option<PathBuf>,
    /// Where inputs are, s3://BUCKET/PREFIX; each task gets what is below it, and braces stand for what differs.
    #[arg(long, value_name = "S3", value_parser = place)]
    pub(crate) input: Option<String>,
    /// A variable of the tasks' environment; may be given many times.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) env: Vec<String>,
    /// Longest time of an attempt.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = timeout)]
    pub(crate) timeout: Option<TimeSpan>,
    /// How often a task that fails is tried again.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(0..=MOST_RETRIES))]
    pub(crate) retries: Option<u32>,
    /// Tasks that each instance works on at once.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) slots: Option<Slots>,
    /// How the tasks hang together in traces: auto, joined or linked.
    #[arg(long, value_name = "TOPOLOGY")]
    pub(crate) topology: Option<Topology>,
    /// The command is one text for /bin/sh.
    #[arg(long)]
    pub(crate) shell: bool,
    /// Launch more instances for a job array that is there, by its id or name.
    #[arg(long, value_name = "ARRAY", value_parser = parse_word)]
    #[arg(conflicts_with_all = ["job_array_name", "tasks", "param_file", "input", "env", "timeout", "retries", "topology", "shell", "command"])]
    pub(crate) join: Option<Word>,
    /// The command of the tasks; {index} and other words in braces stand for what differs from task to task.
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

impl ArrayOptions {
    /// The first flag that means nothing without a command, if one was given.
    pub(super) fn needs_command(&self) -> Option<&'static str> {
        let given = [
            ("--job-array-name", self.job_array_name.is_some()),
            ("--tasks", self.tasks.is_some()),
            ("--param-file", self.param_file.is_some()),
            ("--input", self.input.is_some()),
            ("--env", !self.env.is_empty()),
            ("--timeout", self.timeout.is_some()),
            ("--retries", self.retries.is_some()),
            ("--topology", self.topology.is_some()),
            ("--shell", self.shell),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(flag, _)| flag)
    }
}

/// What `--on-complete` may be: an end for the instances, or a function for the array's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AtTheEnd {
    /// What becomes of each instance.
    Instance(OnComplete),
    /// The Lambda function that is told of the array's end.
    Lambda(String),
}

impl FromStr for AtTheEnd {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("lambda:") {
            Some(function) if is_function(function) => Ok(Self::Lambda(function.to_owned())),
            Some(_) => {
                Err("a function is its name, NAME:ALIAS, or arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME, \
                            behind `lambda:`"
                    .to_owned())
            }
            None => text.parse().map(Self::Instance).map_err(|error| format!("{error}, or lambda:NAME")),
        }
    }
}

/// What `--output` may be: the form of the answer, as of every command, or where the results of an array go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OutputChoice {
    /// How the answer is printed.
    Form(crate::args::Output),
    /// `s3://BUCKET/PREFIX`.
    Place(String),
}

impl FromStr for OutputChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains(':') {
            return place(text).map(Self::Place);
        }
        let form = <crate::args::Output as clap::ValueEnum>::from_str(text, false);
        form.map(Self::Form).map_err(|_| {
            "a form of the answer is table, json, yaml or ndjson; a place for results begins with s3://".to_owned()
        })
    }
}

/// `s3://BUCKET/PREFIX`, as agents read it.
fn place(text: &str) -> Result<String, String> {
    let url = text.parse::<S3Url>();
    url.map(|_| text.to_owned()).map_err(|error| error.to_string())
}

fn timeout(text: &str) -> Result<TimeSpan, String> {
    let time: TimeSpan = text.parse().map_err(|error: spawn_config::ValueError| error.to_string())?;
    let seconds = time.duration().as_secs();
    match (1..=LONGEST_ATTEMPT).contains(&seconds) {
        true => Ok(time),
        false => Err("an attempt may take from 1s to 14d".to_owned()),
    }
}

/// A Lambda function's name, with a version or an alias behind a colon, or its ARN (AWS Lambda API Reference, Invoke).
fn is_function(text: &str) -> bool {
    let word = |text: &str, most: usize| {
        (1..=most).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let qualified = |parts: &[&str]| match parts {
        [name] => word(name, 64),
        [name, qualifier] => word(name, 64) && (word(qualifier, 128) || *qualifier == "$LATEST"),
        _ => false,
    };
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        ["arn", partition, "lambda", region, account, "function", rest @ ..] => {
            let account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
            word(partition, 20) && word(region, 30) && account && qualified(rest)
        }
        parts => qualified(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Output;

    #[test]
    fn an_end_is_a_word_for_the_instance_or_a_function() {
        assert_eq!("stop".parse(), Ok(AtTheEnd::Instance(OnComplete::Stop)));
        for name in ["merge", "merge:live", "merge:$LATEST", "arn:aws:lambda:us-east-1:123456789012:function:merge:7"] {
            assert_eq!(format!("lambda:{name}").parse(), Ok(AtTheEnd::Lambda(name.to_owned())));
        }
        let long = "a".repeat(65);
        for name in ["", "a b", "../x", "arn:aws:s3:::bucket", "arn:aws:lambda:us-east-1:1:function:m", "a:b:c", &long]
        {
            assert!(format!("lambda:{name}").parse::<AtTheEnd>().is_err(), "{name}");
        }
        assert!("lambda".parse::<AtTheEnd>().unwrap_err().ends_with(", or lambda:NAME"));
    }

    #[test]
    fn an_output_is_a_form_or_a_place() {
        assert_eq!("json".parse(), Ok(OutputChoice::Form(Output::Json)));
        assert_eq!("s3://my-bucket/a/".parse(), Ok(OutputChoice::Place("s3://my-bucket/a/".to_owned())));
        assert!("jsno".parse::<OutputChoice>().unwrap_err().contains("begins with s3://"));
    }

    #[test]
    fn a_place_is_a_bucket_and_perhaps_a_prefix() {
        for text in ["s3://abc", "s3://a.b-c/", "s3://abc/x/{index}/y", "s3://abc/ü b"] {
            assert_eq!(place(text), Ok(text.to_owned()));
        }
        let long = format!("s3://abc/{}", "x".repeat(1_025));
        for text in [
            "",
            "s3://",
            "s3:/abc",
            "S3://abc",
            "s3://ab",
            "s3://Abc",
            "s3://-ab",
            "s3://abc/../x",
            "s3://abc/a\nb",
            &long,
        ] {
            assert!(place(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_attempt_takes_a_second_at_least_and_two_weeks_at_most() {
        assert!(timeout("1s").is_ok() && timeout("14d").is_ok());
        assert!(timeout("0s").is_err() && timeout("15d").is_err() && timeout("soon").is_err());
    }
}
