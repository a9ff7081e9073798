//! `spawn logs`: what the commands of a job array's tasks have written, while they run and afterwards.

mod follow;
mod lines;
mod write;

use crate::args::Global;
use crate::array::{Indices, Word, find, parse_word};
use crate::exit::{Exit, UsageError};
use crate::session::{self, Session};
use crate::show;
use anyhow::{Context as _, Result};
use clap::Args;
use follow::Follow;
use opentelemetry::KeyValue;
use spawn_cloud::staging::{S3Url, Stream};
use spawn_host::World;

/// Of which tasks, and what.
#[derive(Debug, Args)]
pub(crate) struct LogsOptions {
    /// Id or name of the job array.
    #[arg(value_name = "ARRAY", value_parser = parse_word)]
    array: Word,
    /// Only these tasks: 3, 0-9 or 0-9,12. Lines of several tasks begin with the index of theirs.
    #[arg(long, value_name = "INDICES")]
    index: Option<Indices>,
    /// The attempt of this number, from 1; by default the last one.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    attempt: Option<u32>,
    /// Go on until the tasks have ended.
    #[arg(short, long)]
    follow: bool,
    /// Only what was written to stdout.
    #[arg(long, conflicts_with = "stderr_only")]
    stdout_only: bool,
    /// Only what was written to stderr.
    #[arg(long)]
    stderr_only: bool,
}

impl LogsOptions {
    fn streams(&self) -> &'static [Stream] {
        match (self.stdout_only, self.stderr_only) {
            (true, _) => &[Stream::Stdout],
            (false, true) => &[Stream::Stderr],
            (false, false) => &Stream::ALL,
        }
    }
}

pub(crate) async fn run(global: Global, options: LogsOptions, world: &World) -> Result<Exit> {
    let following = options.follow;
    let work = async |session: &Session| logs(session, &options).await;
    let done = session::within("spawn logs", global, world, Vec::new(), work).await?;
    Ok(match done {
        Some(()) => Exit::Success,
        // Ctrl-C is how one stops to follow.
        None if following => Exit::Success,
        None => Exit::Interrupted,
    })
}

async fn logs(session: &Session, options: &LogsOptions) -> Result<()> {
    let array = find(session, &options.array, session.clock.now()).await?;
    session.note(KeyValue::new("spawn.job_array_id", array.id.to_string()));
    options.index.as_ref().map_or(Ok(()), |indices| indices.check(&array))?;
    let output: S3Url =
        array.output.parse().with_context(|| format!("the record of {} says no place for its logs", array.id))?;
    let mut follow = Follow::new(session, array, options.index.clone(), options.attempt, options.streams(), output);
    let messages = if options.follow { follow.until_the_end().await? } else { follow.once().await? };
    messages.iter().for_each(|message| show::message(message));
    Ok(())
}

/// An attempt that was never made.
fn no_such_attempt(index: u32, made: u32, wanted: u32) -> UsageError {
    let made = match made {
        0 => "none yet".to_owned(),
        1 => "1 so far".to_owned(),
        made => format!("{made} so far"),
    };
    UsageError::Other(format!("task {index} has no attempt {wanted}: it has made {made}"))
}
