//! Keys and sizes of the terminal, read on a thread of their own: reading blocks.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use ratatui::crossterm::event::{self, Event, KeyEventKind};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// How often the thread looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(100);
/// Events that wait: a pasted text is typed no faster than it is taken.
const MOST_WAITING: usize = 1_024;

/// The thread that reads. Dropped, it ends at its next look.
#[derive(Debug)]
pub(crate) struct Events {
    received: Receiver<io::Result<Event>>,
    ended: Arc<AtomicBool>,
}

impl Events {
    /// Begins to read.
    pub(crate) fn read() -> io::Result<Self> {
        let (sender, received) = channel(MOST_WAITING);
        let ended = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&ended);
        // Not joined: a terminal that has gone away may keep it in a read for ever, and it holds nothing.
        thread::Builder::new().name("keys".to_owned()).spawn(move || read(&sender, &seen))?;
        Ok(Self { received, ended })
    }

    /// The next event. An error is the last one.
    pub(crate) async fn next(&mut self) -> io::Result<Event> {
        self.received.recv().await.unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()))
    }

    /// The next event, if it is there already.
    pub(crate) fn waiting(&mut self) -> Option<io::Result<Event>> {
        self.received.try_recv().ok()
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

fn read(sender: &Sender<io::Result<Event>>, ended: &AtomicBool) {
    while !ended.load(Ordering::Relaxed) {
        let event = match event::poll(LOOK) {
            Ok(false) => continue,
            Ok(true) => event::read(),
            Err(error) => Err(error),
        };
        let is_last = event.is_err();
        let is_release = matches!(&event, Ok(Event::Key(key)) if key.kind == KeyEventKind::Release);
        if !is_release && (sender.blocking_send(event).is_err() || is_last) {
            return;
        }
    }
}
