//! A command that somebody else gave us to run in a span: our stdio, our signals, our exit code.

mod child;

use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Array, Context, KeyValue, StringValue, Value};
use spawn_telemetry::{Telemetry, attribute, propagation};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// A command line to run in a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapped {
    /// The program, as a path or as a name to look up in `PATH`.
    pub program: OsString,
    /// Its arguments.
    pub arguments: Vec<OsString>,
}

/// What the span of a command is called, and what it says beside the command.
#[derive(Clone, Debug, Default)]
pub struct Saying {
    /// Name of the span, instead of `exec PROGRAM`.
    pub name: Option<String>,
    /// The operator's own attributes.
    pub attributes: Vec<KeyValue>,
    /// Whether the span says the arguments too, which may hold secrets.
    pub arguments: bool,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With this exit code.
    Code(u8),
    /// By this signal.
    Signal(i32),
}

/// A command that cannot be run.
#[derive(Debug, thiserror::Error)]
#[error("failed to run {}", program.display())]
pub struct NotRun {
    program: OsString,
    source: io::Error,
}

impl Wrapped {
    /// From a command line; `None` if it is empty.
    #[must_use]
    pub fn of(line: Vec<OsString>) -> Option<Self> {
        let mut line = line.into_iter();
        Some(Self { program: line.next()?, arguments: line.collect() })
    }

    /// Becomes the command, which keeps the environment as it is; comes back only with the reason why not.
    #[must_use]
    pub fn replace(self) -> NotRun {
        let source = self.command().exec();
        NotRun { program: self.program, source }
    }

    /// Runs the command in a span below `parent`, with the span's context in its environment.
    ///
    /// # Errors
    /// If there is no such program, or it cannot be started.
    pub async fn run(self, saying: Saying, telemetry: &Telemetry, parent: &Context) -> Result<Ended, NotRun> {
        let Saying { name, attributes, arguments } = saying;
        let file = Path::new(&self.program).file_name().unwrap_or(&self.program).to_string_lossy().into_owned();
        let name = name.unwrap_or_else(|| format!("exec {file}"));
        let own = [(attribute::SPAWN_COMMAND, Value::from("exec")), (attribute::PROCESS_COMMAND, Value::from(file))];
        let line = arguments.then(|| KeyValue::new(attribute::PROCESS_COMMAND_ARGS, self.line()));
        let own = own.into_iter().map(|(key, value)| KeyValue::new(key, value)).chain(line);
        let attributes = own.chain(attributes).collect();
        let context = telemetry.start_span(name, SpanKind::Internal, parent, attributes, None);
        let ended = self.run_below(&context).await;
        let span = context.span();
        match &ended {
            Ok(Ended::Code(code)) => {
                span.set_attribute(KeyValue::new(attribute::PROCESS_EXIT_CODE, i64::from(*code)));
            }
            Ok(Ended::Signal(signal)) => {
                span.set_attribute(KeyValue::new(attribute::SPAWN_TASK_SIGNAL, i64::from(*signal)));
            }
            Err(_) => {}
        }
        if let Some(problem) = problem(&ended) {
            telemetry.mark_failed(&context, &problem);
        }
        span.end();
        ended
    }

    async fn run_below(self, context: &Context) -> Result<Ended, NotRun> {
        let mut command = self.command();
        // A context that was there before would stand beside the new one.
        for variable in propagation::VARIABLES {
            command.env_remove(variable);
        }
        command.envs(propagation::to_environment(context));
        child::run(command).await.map_err(|source| NotRun { program: self.program, source })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        command
    }

    fn line(&self) -> Value {
        let text = |part: &OsStr| StringValue::from(part.to_string_lossy().into_owned());
        let line = std::iter::once(&self.program).chain(&self.arguments).map(|part| text(part));
        Value::Array(Array::String(line.collect()))
    }
}

impl Ended {
    /// The exit code of whoever ran the command in its place: a signal is 128 and its number, as shells have it.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => u8::try_from(signal).unwrap_or(u8::MAX).saturating_add(128),
        }
    }
}

impl NotRun {
    /// The exit code that shells give to this: 127 where there is no such program, else 126.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.source.kind() == io::ErrorKind::NotFound { 127 } else { 126 }
    }
}

fn problem(ended: &Result<Ended, NotRun>) -> Option<String> {
    match ended {
        Ok(Ended::Code(0)) => None,
        Ok(Ended::Code(code)) => Some(format!("the command ended with exit code {code}")),
        Ok(Ended::Signal(signal)) => Some(format!("signal {signal} ended the command")),
        Err(not_run) => Some(format!("{not_run}: {}", not_run.source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn not_run(kind: io::ErrorKind) -> u8 {
        NotRun { program: "tool".into(), source: kind.into() }.exit_code()
    }

    #[test]
    fn exit_codes_are_those_of_a_shell() {
        assert_eq!([Ended::Code(0), Ended::Code(255), Ended::Signal(15)].map(Ended::exit_code), [0, 255, 143]);
        // Real-time signals go up to 64; what is beyond has no code.
        assert_eq!([Ended::Signal(64), Ended::Signal(-1)].map(Ended::exit_code), [192, 255]);
        assert_eq!([io::ErrorKind::NotFound, io::ErrorKind::PermissionDenied].map(not_run), [127, 126]);
    }

    #[test]
    fn an_empty_line_is_no_command() {
        assert_eq!(Wrapped::of(Vec::new()), None);
        let wrapped = Wrapped { program: "ls".into(), arguments: vec!["-l".into()] };
        assert_eq!(Wrapped::of(vec!["ls".into(), "-l".into()]), Some(wrapped));
    }
}
