//! What is written to standard error while the view has the terminal: held back, since it would stand in the picture.

use std::collections::VecDeque;
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Read as _, Write as _};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::Notify;

/// Bytes that are held back; of more, the oldest lines are left out and counted.
const MOST_BYTES: usize = 1 << 20;
/// A longer line is taken in parts.
const LONGEST_LINE: u64 = 1 << 16;
/// Lines and characters of each that the view shows.
const MOST_SHOWN: usize = 1_000;

/// Standard error: the terminal's, or held back. It belongs to the process, whoever writes to it: the log, a library, a
/// child that asks for credentials.
#[derive(Clone, Debug, Default)]
pub(crate) struct StandardError(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    held: Mutex<Option<Held>>,
    kept: Mutex<Kept>,
    news: Notify,
}

/// What is needed to let it go again.
#[derive(Debug)]
struct Held {
    terminal: OwnedFd,
    written_to: UnixStream,
    reader: JoinHandle<()>,
}

/// What was written.
#[derive(Debug, Default)]
struct Kept {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    left_out: usize,
    /// What the view has not shown yet.
    unseen: VecDeque<String>,
}

impl StandardError {
    /// Holds back what is written from now on. One that goes elsewhere than to a terminal is left alone.
    pub(crate) fn hold(&self) -> io::Result<()> {
        let mut held = self.0.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_some() || !io::stderr().is_terminal() {
            return Ok(());
        }
        let terminal = rustix::io::fcntl_dupfd_cloexec(io::stderr(), 3)?;
        let (written_to, read_from) = UnixStream::pair()?;
        let shared = Arc::clone(&self.0);
        let reader = thread::Builder::new().name("held-lines".to_owned()).spawn(move || keep(read_from, &shared))?;
        rustix::stdio::dup2_stderr(&written_to)?;
        *held = Some(Held { terminal, written_to, reader });
        Ok(())
    }

    /// Gives it back to the terminal, and writes there what was held back.
    pub(crate) fn release(&self) {
        // Whoever panics may do so under this lock.
        let Some(held) = self.0.held.try_lock().ok().and_then(|mut held| held.take()) else { return };
        let Held { terminal, written_to, reader } = held;
        if rustix::stdio::dup2_stderr(&terminal).is_err() {
            return;
        }
        // A child may have it still, so that it would not end by itself.
        drop(written_to.shutdown(Shutdown::Write));
        drop(reader.join());
        let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Kept { lines, left_out, .. } = std::mem::take(&mut *kept);
        let mut to = io::stderr().lock();
        if left_out > 0 {
            drop(writeln!(to, "{left_out} older lines of those below were left out"));
        }
        lines.iter().for_each(|line| drop(to.write_all(line)));
    }

    /// Waits until something was held back.
    pub(crate) async fn news(&self) {
        self.0.news.notified().await;
    }

    /// The lines that were held back since this was asked before.
    pub(crate) fn unseen(&self) -> VecDeque<String> {
        std::mem::take(&mut self.0.kept.lock().unwrap_or_else(PoisonError::into_inner).unseen)
    }
}

fn keep(from: UnixStream, shared: &Shared) {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        shared.kept.lock().unwrap_or_else(PoisonError::into_inner).take(std::mem::take(&mut line));
        shared.news.notify_one();
    }
}

impl Kept {
    fn take(&mut self, line: Vec<u8>) {
        let text = String::from_utf8_lossy(&line);
        let shown: String = text.trim_end().chars().take(MOST_SHOWN).collect();
        if !shown.is_empty() {
            self.unseen.push_back(shown);
        }
        if self.unseen.len() > MOST_SHOWN {
            self.unseen.pop_front();
        }
        self.bytes += line.len();
        self.lines.push_back(line);
        while self.bytes > MOST_BYTES {
            let Some(oldest) = self.lines.pop_front() else { return };
            self.bytes -= oldest.len();
            self.left_out += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_lines_are_kept_and_the_others_counted() {
        let mut kept = Kept::default();
        let line = |number: usize| format!("{number:0>1023}\n").into_bytes();
        (0..1_500).for_each(|number| kept.take(line(number)));
        assert_eq!((kept.lines.len(), kept.left_out, kept.bytes), (1_024, 476, MOST_BYTES));
        assert_eq!(kept.lines.front(), Some(&line(476)));
        assert_eq!((kept.unseen.len(), kept.unseen[0].chars().count()), (MOST_SHOWN, MOST_SHOWN));
    }
}
