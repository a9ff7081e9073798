//! The command line of `spawn launch`.

use super::array::{ArrayOptions, AtTheEnd, OutputChoice};
use crate::args::Output;
use crate::exit::UsageError;
use clap::{Args, ValueEnum};
use spawn_config::{OnComplete, TimeSpan};
use std::path::PathBuf;

/// The flags.
#[derive(Debug, Args)]
pub(crate) struct LaunchOptions {
    #[command(flatten)]
    pub(crate) order: OrderOptions,
    #[command(flatten)]
    pub(crate) array: ArrayOptions,
    /// Finish a launch that was interrupted, by its id or the latest: what was launched is not launched again.
    #[arg(long, value_name = "ID", num_args = 0..=1, default_missing_value = LATEST, value_parser = launch_id)]
    #[arg(conflicts_with_all = ["OrderOptions", "ArrayOptions"])]
    pub(crate) resume: Option<String>,
    /// Wait until the instances run, or until their agents have registered.
    #[arg(long, value_enum, value_name = "FOR", num_args = 0..=1, default_missing_value = "running")]
    pub(crate) wait: Option<WaitFor>,
    /// Longest time to wait.
    #[arg(long, value_name = "TIME", default_value = "5m")]
    pub(crate) wait_timeout: TimeSpan,
    /// Form of the answer (table, json, yaml, ndjson), or where the results of a job array go (s3://BUCKET/PREFIX);
    /// may be given once for each.
    #[arg(short, long, value_name = "FORM|S3")]
    pub(crate) output: Vec<OutputChoice>,
}

/// What `--resume` means without an id.
pub(crate) const LATEST: &str = "latest";

/// What to launch.
#[derive(Debug, Args)]
pub(crate) struct OrderOptions {
    /// Instance type, for example t3.micro; of several, t3.micro,t3a.micro, the first that EC2 has room for.
    #[arg(long, value_parser = instance_type, value_delimiter = ',', value_name = "TYPE")]
    #[arg(required_unless_present = "resume")]
    pub(crate) instance_type: Vec<String>,
    /// Tag of the instances; may be given many times.
    #[arg(long = "tag", value_name = "KEY=VALUE")]
    pub(crate) tags: Vec<String>,
    /// Name of the instances (their Name tag).
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// How many instances. Up to 100 are launched all or not at all, more in batches of 100.
    #[arg(long, default_value_t = 1, allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) count: u16,
    /// Image (AMI id, or resolve:ssm:PARAMETER); by default the newest Amazon Linux 2023 of the type's architecture.
    #[arg(long, value_parser = image)]
    pub(crate) ami: Option<String>,
    /// Root device of the image, for example /dev/xvda; by default EC2 is asked.
    #[arg(long, value_name = "DEVICE", value_parser = device)]
    pub(crate) root_device: Option<String>,
    /// Size of the root volume in GiB; by default that of the image.
    #[arg(long, value_name = "GIB", value_parser = clap::value_parser!(u16).range(1..=16384))]
    pub(crate) volume_size: Option<u16>,
    /// Subnet, subnet-…; by default a default subnet of the account.
    #[arg(long, value_parser = subnet)]
    pub(crate) subnet: Option<String>,
    /// Security group, sg-…; may be given many times; by default the network's default group.
    #[arg(long, value_name = "ID", value_parser = security_group)]
    pub(crate) security_group: Vec<String>,
    /// Name of the key pair for SSH.
    #[arg(long, value_name = "NAME", value_parser = key_pair)]
    pub(crate) key_pair: Option<String>,
    /// File with user data of your own: a script, a cloud-config, or anything else that cloud-init takes.
    #[arg(long, value_name = "FILE")]
    pub(crate) user_data: Option<PathBuf>,
    /// Launch spot instances instead of on-demand ones.
    #[arg(long)]
    pub(crate) spot: bool,
    /// Most dollars an hour for each spot instance, for example 0.01; by default the on-demand price.
    #[arg(long, value_name = "PRICE", requires = "spot", allow_hyphen_values = true, value_parser = price)]
    pub(crate) spot_max_price: Option<String>,
    /// Time to live, counted from the launch: 90m, 8h, 1d, 1h30m.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) ttl: Option<TimeSpan>,
    /// End after this long without work.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) idle_timeout: Option<TimeSpan>,
    /// What becomes of the instance at its end: terminate, stop, hibernate or exit (only the agent ends); and
    /// lambda:NAME, the function that is told of the end of a job array. May be given once for each.
    #[arg(long, value_name = "ACTION")]
    pub(crate) on_complete: Vec<AtTheEnd>,
    /// Program that the agent runs before it ends the instance; brought to /etc/spawn/pre-stop.
    #[arg(long, value_name = "FILE", conflicts_with = "no_agent")]
    pub(crate) pre_stop: Option<PathBuf>,
    /// Launch without an agent: nobody ends the instance, and it makes no spans.
    #[arg(long)]
    pub(crate) no_agent: bool,
    /// Instance profile that gives the agent its rights; by default the one that `spawn setup` made.
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) iam_instance_profile: Option<String>,
    /// Ask EC2 whether the launch would go through, and launch nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The tasks, if the instances are for a job array: those of [`LaunchOptions::array`]. A group of flags with another
    /// one flattened into it is empty for clap, and then nothing conflicts with it.
    #[arg(skip)]
    pub(crate) array: ArrayOptions,
}

impl LaunchOptions {
    /// The form of the answer, and where results go.
    pub(super) fn outputs(&self) -> Result<(Output, Option<String>), UsageError> {
        let (mut form, mut place) = (None, None);
        for choice in &self.output {
            let twice = match choice {
                OutputChoice::Form(given) => form.replace(*given).is_some_and(|before| before != *given),
                OutputChoice::Place(given) => place.replace(given.clone()).is_some_and(|before| before != *given),
            };
            if twice {
                return Err(UsageError::Other("--output is given twice with different values: keep one".to_owned()));
            }
        }
        match place {
            Some(_) if self.resume.is_some() => Err(UsageError::Other(
                "a resumed launch has its place for results: leave --output s3://… out".to_owned(),
            )),
            place => Ok((form.unwrap_or_default(), place)),
        }
    }
}

impl OrderOptions {
    /// What becomes of the instances at their end.
    pub(super) fn action(&self) -> Result<Option<OnComplete>, UsageError> {
        let mut actions = self.on_complete.iter().filter_map(|end| match end {
            AtTheEnd::Instance(action) => Some(*action),
            AtTheEnd::Lambda(_) => None,
        });
        match (actions.next(), actions.next()) {
            (first, None) => Ok(first),
            _ => Err(UsageError::Other("--on-complete names two ends for the instances: keep one".to_owned())),
        }
    }
}

/// What `--wait` waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WaitFor {
    /// EC2 says that the instances run.
    Running,
    /// The agents have registered.
    Agent,
}

/// `family.size`, as in t3.micro or u-6tb1.metal.
fn instance_type(text: &str) -> Result<String, String> {
    let is_label = |text: &str| {
        let sound = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !text.is_empty() && text.bytes().all(sound)
    };
    let sound = text.split_once('.').is_some_and(|(family, size)| is_label(family) && is_label(size));
    checked(sound, text, "an instance type is a family and a size such as t3.micro")
}

/// An id, or a parameter of Systems Manager that holds one.
fn image(text: &str) -> Result<String, String> {
    let sound = is_id("ami-", text) || text.strip_prefix("resolve:ssm:").is_some_and(|name| !name.is_empty());
    checked(sound, text, "an image is ami- and 17 hexadecimal digits, or resolve:ssm:PARAMETER")
}

fn subnet(text: &str) -> Result<String, String> {
    checked(is_id("subnet-", text), text, "a subnet is subnet- and 17 hexadecimal digits")
}

fn security_group(text: &str) -> Result<String, String> {
    checked(is_id("sg-", text), text, "a security group is sg- and 17 hexadecimal digits: the id, not the name")
}

/// EC2's rule for names of key pairs.
fn key_pair(text: &str) -> Result<String, String> {
    let sound = (1..=255).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    checked(
        sound,
        text,
        "a key pair goes by its name, up to 255 ASCII characters; `aws ec2 describe-key-pairs` lists them",
    )
}

fn device(text: &str) -> Result<String, String> {
    let sound = text
        .strip_prefix("/dev/")
        .is_some_and(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    checked(sound, text, "a device is a name such as /dev/xvda or /dev/sda1")
}

/// Dollars, as EC2 reads them.
fn price(text: &str) -> Result<String, String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    let more_than_nothing = text.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    checked(digits(whole) && digits(fraction) && more_than_nothing, text, "a price is dollars an hour such as 0.0104")
}

/// As spawn makes them: sixteen hexadecimal digits.
fn launch_id(text: &str) -> Result<String, String> {
    let sound = text == LATEST || (text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit()));
    checked(sound, text, "a launch's id is 16 hexadecimal digits: the interrupted launch told it")
}

/// A prefix and 8 or 17 hexadecimal digits.
fn is_id(prefix: &str, text: &str) -> bool {
    let digits = text.strip_prefix(prefix).unwrap_or_default();
    matches!(digits.len(), 8 | 17) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn checked(sound: bool, text: &str, rule: &str) -> Result<String, String> {
    if sound { Ok(text.to_owned()) } else { Err(rule.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refuses(check: fn(&str) -> Result<String, String>, sound: &[&str], wrong: &[&str]) {
        for text in sound {
            assert_eq!(check(text), Ok((*text).to_owned()));
        }
        for text in wrong {
            assert!(check(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_that_aws_cannot_know_is_refused_before_any_call() {
        refuses(instance_type, &["t3.micro", "u-6tb1.metal"], &["", "t3", ".micro", "t3.", "T3.micro"]);
        refuses(image, &["ami-12c6146b", "resolve:ssm:/a/b"], &["", "ami-", "ami-xyz", "linux", "resolve:ssm:"]);
        refuses(subnet, &["subnet-0123456789abcdef0"], &["", "subnet-", "sg-12345678", "subnet-0123456789abcdef01"]);
        refuses(security_group, &["sg-12345678"], &["default", "sg-", "sg-1234567g"]);
        refuses(key_pair, &["kim's key"], &["", "schlüssel", "a\nb"]);
        refuses(device, &["/dev/xvda", "/dev/sda1"], &["xvda", "/dev/", "/dev/../etc"]);
        refuses(launch_id, &["0123456789abcdef", LATEST], &["", "../../etc/passwd", "0123456789abcde/"]);
    }

    #[test]
    fn the_how_to_names_every_flag_and_no_other() {
        use clap::CommandFactory;
        use std::collections::BTreeSet;
        let commands = crate::args::Args::command();
        let launch = commands.find_subcommand("launch").unwrap();
        let flags: BTreeSet<String> =
            launch.get_arguments().filter_map(|flag| Some(format!("--{}", flag.get_long()?))).collect();
        let text = include_str!("../../../docs/how-to/launch.md");
        let (_, section) = text.split_once("## Choose what to launch").unwrap();
        let table: String = section.lines().filter(|line| line.starts_with("| `--")).collect();
        let words = table.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        let named: BTreeSet<String> = words.filter(|word| word.starts_with("--")).map(str::to_owned).collect();
        assert_eq!(named, flags);
    }

    #[test]
    fn a_price_is_a_number_above_nothing() {
        refuses(
            price,
            &["0.0104", "1", "12.5"],
            &["", "0", "0.0", "-1", "1e3", "1,5", ".5", "5.", "NaN", "٣", "0.01$"],
        );
    }
}
