//! Runs the view: keys, new readings and signals in, pictures out.

use std::future::Future;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use opentelemetry::trace::TraceId;
use ratatui::crossterm::event::Event;
use rustix::process::{Signal, kill_current_process_group};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio::sync::mpsc::{Sender, channel};

use crate::read::Gathered;
use crate::ui::events::Events;
use crate::ui::state::loaded::Loaded;
use crate::ui::state::{Effect, Look, State};
use crate::ui::terminal::Screen;

/// How long a process may take to be stopped after it has asked for it.
const STOPPING: Duration = Duration::from_millis(100);

/// How the view begins, and how it looks.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How it looks.
    pub look: Look,
    /// The trace that it begins with; none begins with the list.
    pub trace: Option<TraceId>,
    /// How long after a reading comes the next; none reads when it is asked to.
    pub every: Option<Duration>,
}

/// Why the view is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By a key.
    ByKey,
    /// From outside.
    Interrupted,
}

/// Why there is no view.
#[derive(Debug, thiserror::Error)]
pub enum UiError {
    /// Standard output goes elsewhere.
    #[error("standard output is no terminal: `spawn trace show` writes plain text")]
    NoTerminal,
    /// The terminal does not answer.
    #[error("use the terminal; `spawn trace show` writes plain text and needs none")]
    Terminal(#[from] io::Error),
}

/// Shows what was gathered until a key ends it, or until `interrupted` is there. `source` gathers again.
///
/// # Errors
/// If there is no terminal, or it goes away.
pub async fn run<E: std::fmt::Display>(
    options: Options,
    first: Gathered,
    source: impl AsyncFnMut() -> Result<Gathered, E>,
    interrupted: impl Future<Output = ()>,
) -> Result<Ended, UiError> {
    if !io::stdout().is_terminal() {
        return Err(UiError::NoTerminal);
    }
    let again = Notify::new();
    let (sender, mut readings) = channel(1);
    let loaded = load(first).await;
    let mut view = View::open(options, loaded)?;
    let reading = read_again(source, options.every, &again, sender);
    let mut continued = signal(SignalKind::from_raw(Signal::CONT.as_raw()))?;
    tokio::pin!(reading, interrupted);
    loop {
        view.screen.draw(&view.state)?;
        let effect = tokio::select! {
            () = &mut interrupted => return Ok(Ended::Interrupted),
            () = &mut reading => Effect::None,
            Some(reading) = readings.recv() => view.take(reading),
            event = view.events.next() => view.handle(event?)?,
            _ = continued.recv() => { view.enter_again()?; Effect::None }
        };
        match effect {
            Effect::Quit => return Ok(Ended::ByKey),
            Effect::Reload => again.notify_one(),
            Effect::Redraw => view.redraw()?,
            Effect::Suspend => {
                Screen::leave();
                kill_current_process_group(Signal::TSTP).map_err(io::Error::from)?;
                // The order may be carried out a moment later, and where nobody could wake the process it is not at all.
                drop(tokio::time::timeout(STOPPING, continued.recv()).await);
                view.enter_again()?;
            }
            Effect::None => {}
        }
    }
}

/// What is shown, and where.
struct View {
    state: State,
    screen: Screen,
    events: Events,
}

impl View {
    fn open(options: Options, loaded: Loaded) -> Result<Self, UiError> {
        let mut screen = Screen::take()?;
        let size = screen.clear()?;
        let mut state = State::new(loaded, options.look, size);
        if let Some(id) = options.trace {
            state.open_id(id);
        }
        Ok(Self { state, screen, events: Events::read()? })
    }

    /// Handles an event and all that wait behind it, so that a key that is held draws once.
    fn handle(&mut self, event: Event) -> io::Result<Effect> {
        let mut next = Some(event);
        while let Some(event) = next {
            let effect = match event {
                Event::Key(key) => self.state.key(key),
                Event::Resize(width, height) => {
                    self.state.resize(width, height);
                    Effect::None
                }
                _ => Effect::None,
            };
            if effect != Effect::None {
                return Ok(effect);
            }
            next = self.events.waiting().transpose()?;
        }
        Ok(Effect::None)
    }

    fn take(&mut self, reading: Result<Loaded, String>) -> Effect {
        match reading {
            Ok(loaded) => self.state.reload(loaded),
            Err(error) => self.state.message = format!("could not be read again: {error}"),
        }
        Effect::None
    }

    fn redraw(&mut self) -> io::Result<()> {
        let (width, height) = self.screen.clear()?;
        self.state.resize(width, height);
        Ok(())
    }

    fn enter_again(&mut self) -> io::Result<()> {
        let (width, height) = self.screen.enter_again()?;
        self.state.resize(width, height);
        Ok(())
    }
}

/// Reads again whenever the time has come or somebody asks.
async fn read_again<E: std::fmt::Display>(
    mut source: impl AsyncFnMut() -> Result<Gathered, E>,
    every: Option<Duration>,
    again: &Notify,
    readings: Sender<Result<Loaded, String>>,
) {
    loop {
        match every {
            Some(every) => drop(tokio::time::timeout(every, again.notified()).await),
            None => again.notified().await,
        }
        let reading = match source().await {
            Ok(gathered) => Ok(load(gathered).await),
            Err(error) => Err(error.to_string()),
        };
        if readings.send(reading).await.is_err() {
            return;
        }
    }
}

/// Works everything out away from the keys.
async fn load(gathered: Gathered) -> Loaded {
    tokio::task::spawn_blocking(|| Loaded::of(gathered)).await.unwrap_or_default()
}
