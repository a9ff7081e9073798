//! Reads on in the logs of tasks: each look shows what has come since the last one.

use super::lines::Lines;
use super::{no_such_attempt, write};
use crate::array::{Indices, Overview, store};
use crate::session::Session;
use crate::watch;
use anyhow::{Context as _, Result};
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use spawn_cloud::arrays::{ArrayRecord, Task, TaskState};
use spawn_cloud::staging::{Chunk, LogReader, S3Url, Stream, TaskPlace};
use std::collections::BTreeMap;
use tokio::task::JoinSet;

/// Tasks whose chunks are listed at once.
const AT_ONCE: usize = 16;
/// Agents ship what a command writes every two seconds at first, and less often later.
const INTERVAL: &str = "2s";

/// The tasks that are meant, and how far each is shown.
pub(super) struct Follow<'a> {
    session: &'a Session,
    array: ArrayRecord,
    indices: Option<Indices>,
    attempt: Option<u32>,
    streams: &'static [Stream],
    output: S3Url,
    places: BTreeMap<u32, Place>,
    /// Nobody reads any more.
    over: bool,
}

/// How far a task is shown.
struct Place {
    attempt: u32,
    streams: Vec<(Stream, Lines, u32)>,
    shown: bool,
}

/// Chunks of one stream that are not shown yet.
type Found = (u32, Stream, Vec<Chunk>);

impl<'a> Follow<'a> {
    pub(super) fn new(
        session: &'a Session,
        array: ArrayRecord,
        indices: Option<Indices>,
        attempt: Option<u32>,
        streams: &'static [Stream],
        output: S3Url,
    ) -> Self {
        Self { session, array, indices, attempt, streams, output, places: BTreeMap::new(), over: false }
    }

    /// Shows what there is; answers what to say about tasks without logs.
    pub(super) async fn once(&mut self) -> Result<Vec<String>> {
        let tasks = self.tasks().await?;
        if let (Some(wanted), [task]) = (self.attempt, tasks.as_slice())
            && wanted > task.attempt
        {
            return Err(no_such_attempt(task.index, task.attempt, wanted).into());
        }
        self.show(&tasks).await?;
        self.finish()?;
        Ok(self.silent(&tasks))
    }

    /// Shows what there is and what comes, until no task that is meant can write any more.
    pub(super) async fn until_the_end(&mut self) -> Result<Vec<String>> {
        let interval = INTERVAL.parse().context("the interval is a time")?;
        let tasks = watch::until(interval, async || {
            // The states first: what an attempt wrote before it ended is in S3 by then.
            let tasks = self.tasks().await?;
            self.show(&tasks).await?;
            let done = self.over || tasks.iter().all(|task| self.is_done(task));
            Ok(done.then_some(tasks))
        })
        .await?;
        self.finish()?;
        Ok(self.silent(&tasks))
    }

    /// Whether the task writes nothing more that is meant.
    fn is_done(&self, task: &Task) -> bool {
        let another = self.attempt.is_some_and(|wanted| task.attempt > wanted);
        let made = self.attempt.is_some_and(|wanted| task.attempt == wanted && task.state != TaskState::Running);
        task.state.has_ended() || another || made
    }

    async fn tasks(&self) -> Result<Vec<Task>> {
        let (session, id) = (self.session, &self.array.id);
        if let Some(only) = self.indices.as_ref().and_then(Indices::only) {
            let task = store(session).task(id, only).await?;
            return Ok(vec![task.ok_or_else(|| anyhow::anyhow!("task {only} of {id} is not in the table"))?]);
        }
        let mut tasks = Overview::read(session, self.array.clone()).await?.tasks;
        tasks.retain(|task| self.indices.as_ref().is_none_or(|indices| indices.has(task.index)));
        Ok(tasks)
    }

    /// Shows the tasks one after the other, by index; lists of several are fetched at once.
    async fn show(&mut self, tasks: &[Task]) -> Result<()> {
        let begun: Vec<&Task> = tasks.iter().filter(|task| task.attempt > 0).collect();
        for window in begun.chunks(AT_ONCE) {
            for task in window {
                self.place(task, tasks.len() > 1)?;
            }
            let mut found = self.list(window).await?;
            found.sort_by_key(|(index, stream, _)| (*index, *stream));
            for (index, stream, chunks) in found {
                self.read(index, stream, &chunks).await?;
                if self.over {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Settles which attempt of the task is shown; one that follows another begins anew.
    fn place(&mut self, task: &Task, several: bool) -> Result<()> {
        let attempt = self.attempt.unwrap_or(task.attempt).min(task.attempt);
        if self.places.get(&task.index).is_some_and(|place| place.attempt == attempt) {
            return Ok(());
        }
        if let Some(mut before) = self.places.remove(&task.index) {
            end(&mut before)?;
        }
        let prefix = several.then(|| format!("[{}] ", task.index));
        let lines = |stream| (stream, Lines::new(prefix.clone(), write::is_terminal(stream)), 0);
        let streams = self.streams.iter().map(|stream| lines(*stream)).collect();
        self.places.insert(task.index, Place { attempt, streams, shown: false });
        Ok(())
    }

    /// What has come of these tasks since the last look.
    async fn list(&self, tasks: &[&Task]) -> Result<Vec<Found>> {
        let mut questions = JoinSet::new();
        for task in tasks {
            let Some(place) = self.places.get(&task.index) else { continue };
            for (stream, _, after) in &place.streams {
                let (index, stream, after) = (task.index, *stream, *after);
                let reader = self.reader(index, place.attempt, stream);
                let question = async move { reader.chunks(after).await.map(|chunks| (index, stream, chunks)) };
                questions.spawn(question.with_context(Context::current()));
            }
        }
        let mut found = Vec::new();
        while let Some(answer) = questions.join_next().await {
            found.push(answer.context("failed to list logs")??);
        }
        Ok(found)
    }

    async fn read(&mut self, index: u32, stream: Stream, chunks: &[Chunk]) -> Result<()> {
        let Some(attempt) = self.places.get(&index).map(|place| place.attempt) else { return Ok(()) };
        let reader = self.reader(index, attempt, stream);
        for chunk in chunks {
            let bytes = reader.read(chunk.number).await?;
            let Some(place) = self.places.get_mut(&index) else { return Ok(()) };
            place.shown |= !bytes.is_empty();
            if let Some((_, lines, after)) = place.streams.iter_mut().find(|(of, ..)| *of == stream) {
                *after = chunk.number;
                self.over |= !write::write(stream, &lines.take(bytes))?;
            }
        }
        Ok(())
    }

    fn reader(&self, index: u32, attempt: u32, stream: Stream) -> LogReader {
        let at = TaskPlace::new(&self.output, index).logs(attempt, stream);
        LogReader::new(self.session.clients.s3(), &at)
    }

    fn finish(&mut self) -> Result<()> {
        self.places.values_mut().try_for_each(end)
    }

    /// Why nothing was shown of a task, as far as that says something.
    fn silent(&self, tasks: &[Task]) -> Vec<String> {
        let silent = |task: &&Task| self.places.get(&task.index).is_none_or(|place| !place.shown);
        let silent: Vec<&Task> = tasks.iter().filter(silent).collect();
        match (tasks, silent.as_slice()) {
            (_, []) => Vec::new(),
            ([_], [task]) => vec![self.why(task)],
            (_, some) => {
                let begun = some.iter().filter(|task| task.attempt > 0).count();
                let waiting = (some.len() - begun, "have not begun");
                let quiet = (begun, "have written nothing that has arrived");
                let counts = [waiting, quiet].into_iter().filter(|(count, _)| *count > 0);
                let counts: Vec<String> = counts.map(|(count, what)| format!("{count} {what}")).collect();
                vec![format!("of {} tasks of {}, {}", tasks.len(), self.array.id, counts.join(" and "))]
            }
        }
    }

    fn why(&self, task: &Task) -> String {
        let index = task.index;
        if task.attempt == 0 {
            return format!("task {index} is {}: no attempt has been made", task.state);
        }
        let attempt = self.attempt.unwrap_or(task.attempt);
        let at = TaskPlace::new(&self.output, index).logs(attempt, Stream::Stdout).to_string();
        let at = at.trim_end_matches("stdout/");
        let running = task.state == TaskState::Running && task.attempt == attempt;
        let so_far =
            if running { " so far: what it writes comes after seconds at first, later after a minute" } else { "" };
        format!("attempt {attempt} of task {index} has written nothing to {at}{so_far}")
    }
}

/// Shows last lines that have no end.
fn end(place: &mut Place) -> Result<()> {
    for (stream, lines, _) in &mut place.streams {
        write::write(*stream, &lines.finish())?;
    }
    Ok(())
}
