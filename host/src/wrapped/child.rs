//! The process itself: it has our stdio, and the signals that are meant for it.

use super::Ended;
use rustix::process::{Pid, Signal as Number, getpgrp, kill_process};
use std::fs::File;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What ends or tells a process, and is sent to whoever is known: to us.
#[derive(Debug)]
struct Signals {
    hangup: Signal,
    interrupt: Signal,
    quit: Signal,
    terminate: Signal,
    user_1: Signal,
    user_2: Signal,
}

/// Starts the command and waits for its end, passing on what signals come meanwhile.
pub(super) async fn run(command: Command) -> io::Result<Ended> {
    // Before the command is there: a signal in between must not end us alone.
    let mut signals = Signals::listen()?;
    let mut child = tokio::process::Command::from(command).spawn()?;
    let process = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    loop {
        tokio::select! {
            status = child.wait() => return status.map(Ended::from),
            number = signals.next() => pass_on(process, number),
        }
    }
}

fn pass_on(process: Option<Pid>, number: Number) {
    let Some(process) = process.filter(|_| !came_to_both(number)) else { return };
    if let Err(error) = kill_process(process, number) {
        tracing::debug!(%error, "the command has ended before the signal came");
    }
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            terminate: signal(SignalKind::terminate())?,
            user_1: signal(SignalKind::user_defined1())?,
            user_2: signal(SignalKind::user_defined2())?,
        })
    }

    async fn next(&mut self) -> Number {
        tokio::select! {
            _ = self.hangup.recv() => Number::HUP,
            _ = self.interrupt.recv() => Number::INT,
            _ = self.quit.recv() => Number::QUIT,
            _ = self.terminate.recv() => Number::TERM,
            _ = self.user_1.recv() => Number::USR1,
            _ = self.user_2.recv() => Number::USR2,
        }
    }
}

/// Whether the command has got the signal already: a terminal sends Ctrl-C and Ctrl-\ to all of its foreground group, and
/// many programs take a second Ctrl-C for more than the first one.
fn came_to_both(number: Number) -> bool {
    let of_terminal = number == Number::INT || number == Number::QUIT;
    of_terminal && File::open("/dev/tty").is_ok_and(|terminal| rustix::termios::tcgetpgrp(terminal) == Ok(getpgrp()))
}

impl From<ExitStatus> for Ended {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Code(u8::try_from(code).unwrap_or(u8::MAX)),
            (None, signal) => Self::Signal(signal.unwrap_or_default()),
        }
    }
}
