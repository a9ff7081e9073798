//! Runs the view: keys, new readings and signals in, pictures out.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use opentelemetry::trace::TraceId;
use ratatui::crossterm::event::Event;
use rustix::process::{Signal, kill_current_process_group};
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};
use tokio::sync::Notify;
use tokio::sync::mpsc::channel;

use crate::ui::again::{News, load, read_again};
use crate::ui::events::Events;
use crate::ui::held::StandardError;
use crate::ui::state::loaded::{Loaded, Reading};
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

/// Shows what was read until a key or a signal ends it. `source` reads again; none if nothing is new.
///
/// # Errors
/// If there is no terminal, or it goes away.
pub async fn run<E: std::fmt::Display>(
    options: Options,
    first: Reading,
    source: impl AsyncFnMut() -> Result<Option<Reading>, E>,
) -> Result<Ended, UiError> {
    if !io::stdout().is_terminal() {
        return Err(UiError::NoTerminal);
    }
    let again = Notify::new();
    let (sender, mut news) = channel(1);
    let loaded = load(first).await;
    let errors = StandardError::default();
    let mut view = View::open(options, loaded, errors.clone())?;
    let reading = read_again(source, options.every, &again, sender);
    let mut continued = signal(SignalKind::from_raw(Signal::CONT.as_raw()))?;
    let mut ends = Ends::listen()?;
    tokio::pin!(reading);
    loop {
        view.screen.draw(&view.state)?;
        let effect = tokio::select! {
            () = ends.heard() => return Ok(Ended::Interrupted),
            () = &mut reading => Effect::None,
            Some(news) = news.recv() => view.take(news),
            event = view.events.next() => view.handle(event?)?,
            () = errors.news() => { view.state.tell(errors.unseen()); Effect::None }
            _ = continued.recv() => { view.enter_again()?; Effect::None }
        };
        match effect {
            Effect::Quit => return Ok(Ended::ByKey),
            Effect::Reload => again.notify_one(),
            Effect::Redraw => view.redraw()?,
            Effect::Suspend => {
                view.screen.leave();
                kill_current_process_group(Signal::TSTP).map_err(io::Error::from)?;
                // The order may be carried out a moment later, and where nobody could wake the process it is not at all.
                drop(tokio::time::timeout(STOPPING, continued.recv()).await);
                view.enter_again()?;
            }
            Effect::None => {}
        }
    }
}

/// The signals that end the view. A terminal that goes away does so even under `nohup`: nothing is left to look at.
struct Ends([Signals; 3]);

impl Ends {
    fn listen() -> io::Result<Self> {
        Ok(Self([signal(SignalKind::hangup())?, signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?]))
    }

    async fn heard(&mut self) {
        let [hangup, interrupt, terminate] = &mut self.0;
        tokio::select! {
            _ = hangup.recv() => {}
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
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
    fn open(options: Options, loaded: Loaded, errors: StandardError) -> Result<Self, UiError> {
        let mut screen = Screen::take(errors)?;
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
                Event::Mouse(mouse) => {
                    self.state.mouse(mouse);
                    Effect::None
                }
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

    fn take(&mut self, news: News) -> Effect {
        self.state.is_reading = matches!(news, News::UnderWay);
        match news {
            News::UnderWay | News::Nothing => {}
            News::Read(loaded) => self.state.reload(*loaded),
            News::Failed(error) => self.state.message = format!("could not be read again: {error}"),
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
