//! What a claimed task asks for on this host: a folder of its own, and its command in its environment.

use super::attempt::cut;
use super::crew::{Crew, Place};
use super::settle::Done;
use super::stage::{beside, farewell};
use crate::process::{self, Ended, MemoryWatch, Order, TaskEnvironment, environment_of_task};
use opentelemetry::context::FutureExt;
use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use spawn_cloud::arrays::{Placeholders, Task, expand};
use spawn_telemetry::attribute;
use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

pub(super) use crate::process::Cut;

/// The folder for results, in the task's working directory.
const OUTPUT: &str = "output";
/// Time between SIGTERM and SIGKILL: within what a host that is told to stop has.
const GRACE: Duration = Duration::from_secs(5);
/// Bytes of each of a command's two streams that are kept.
const MOST_OUTPUT: u64 = 64 * 1024 * 1024;

/// The work of one attempt.
#[derive(Debug)]
pub(super) struct Work<'a> {
    pub(super) crew: &'a Arc<Crew>,
    pub(super) task: &'a Task,
    /// The command's working directory.
    pub(super) folder: PathBuf,
}

/// What the braces of this task stand for.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) params: BTreeMap<String, String>,
    command: Vec<String>,
}

impl<'a> Work<'a> {
    pub(super) fn new(crew: &'a Arc<Crew>, task: &'a Task) -> Self {
        let folder = crew.folder.join(format!("{:06}-{}", task.index, task.attempt));
        Self { crew, task, folder }
    }

    /// Where the command leaves its results.
    pub(super) fn output(&self) -> PathBuf {
        self.folder.join(OUTPUT)
    }

    /// Where what it prints is kept, beside its folder: nothing that it does there reaches it.
    pub(super) fn printed(&self, stream: &str) -> PathBuf {
        self.folder.with_extension(stream)
    }

    /// Brings together what the command needs.
    pub(super) async fn prepare(&self) -> Result<Ready, Done> {
        let array = &self.crew.array;
        let params = match array.has_params {
            false => BTreeMap::new(),
            true => self
                .crew
                .store
                .params(&array.id, self.task.index)
                .await
                .map_err(|error| Done::failed(format!("its parameters cannot be read: {error}")))?,
        };
        let texts = array.command.iter();
        let command = texts.map(|text| expand(text, &self.values(&params))).collect::<Result<Vec<_>, _>>();
        let command = command.map_err(|error| Done::failed(format!("its command cannot be made: {error}")))?;
        let made = DirBuilder::new().recursive(true).mode(0o700).create(self.output());
        made.map_err(|error| {
            self.host_failed(format!("its folder {} cannot be made: {error}", self.folder.display()))
        })?;
        Ok(Ready { params, command })
    }

    pub(super) fn values<'v>(&'v self, params: &'v BTreeMap<String, String>) -> Placeholders<'v> {
        let Task { index, attempt, .. } = *self.task;
        Placeholders { array: &self.crew.array.id, size: self.crew.array.size, index, attempt, params }
    }

    /// Runs the command to its end, in a span whose context its environment carries.
    pub(super) async fn run(&self, ready: Ready, place: &Place) -> Done {
        let Self { crew, task, folder } = self;
        let Ready { params, command } = ready;
        let span = crew.telemetry.start_span("run", SpanKind::Internal, &Context::current(), Vec::new(), None);
        let output = self.output();
        let environment = environment_of_task(TaskEnvironment {
            own: &crew.environment,
            array: &crew.array,
            parameters: &params,
            index: task.index,
            attempt: task.attempt,
            folder,
            output: &output,
            span: &span,
        });
        let order = Order {
            command,
            shell: crew.array.shell,
            folder: folder.clone(),
            environment,
            limit: crew.array.timeout,
            grace: GRACE,
            stdout: self.printed("stdout"),
            stderr: self.printed("stderr"),
            most_output: MOST_OUTPUT,
        };
        let memory = MemoryWatch::begin(&crew.root);
        let (over, is_over) = watch::channel(false);
        let mut shipping = std::pin::pin!(self.ship(is_over).with_context(span.clone()));
        let ended = tokio::select! {
            ended = process::run(order, cut(crew, place)).with_context(span.clone()) => ended,
            never = beside(&mut shipping) => match never {},
        };
        over.send_replace(true);
        let hasty = matches!(ended, Ended::Cut(_));
        let done = done(memory.problem(&ended), ended, crew);
        let codes = [(attribute::PROCESS_EXIT_CODE, done.exit_code), (attribute::SPAWN_TASK_SIGNAL, done.signal)];
        for (key, code) in codes.into_iter().filter_map(|(key, code)| Some((key, code?))) {
            span.span().set_attribute(KeyValue::new(key, i64::from(code)));
        }
        if let Some(problem) = &done.reason {
            crew.telemetry.mark_failed(&span, problem);
        }
        span.span().end();
        farewell(shipping, hasty).await;
        done
    }

    /// Removes the folder and what was printed. A folder may hold many files, and the agent has one thread.
    pub(super) async fn clear(&self) {
        let (folder, printed) = (self.folder.clone(), [self.printed("stdout"), self.printed("stderr")]);
        let removed = tokio::task::spawn_blocking(move || {
            for path in printed {
                // Without a command there is none.
                drop(std::fs::remove_file(path));
            }
            std::fs::remove_dir_all(folder)
        });
        if let Ok(Err(error)) = removed.await
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, folder = %self.folder.display(), "a task's folder is not removed");
        }
    }
}

/// What the end of the command means for the attempt.
fn done(problem: Option<String>, ended: Ended, crew: &Crew) -> Done {
    let (exit_code, signal) = match &ended {
        Ended::Code(code) => (Some(*code), None),
        Ended::Signal(signal) => (None, Some(*signal)),
        Ended::TimedOut | Ended::Cut(_) | Ended::NotStarted(_) => (None, None),
    };
    match (problem, ended) {
        (_, Ended::Cut(cut)) => Done::cut(cut, crew),
        (None, _) => Done { exit_code, ..Done::default() },
        (Some(problem), _) => Done { exit_code, signal, ..Done::failed(problem) },
    }
}
