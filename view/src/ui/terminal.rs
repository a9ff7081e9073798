//! The terminal while the view has it, and as it was when the view has it no more, however that came.

use std::io::{self, Stdout, stdout};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::style::Print;
use ratatui::crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode, is_raw_mode_enabled,
};
use ratatui::crossterm::{execute, queue};
use ratatui::layout::{Position, Rect};

use crate::ui::draw::draw;
use crate::ui::held::StandardError;
use crate::ui::state::State;

/// Clicks and the wheel are told, with places beyond column 223; that the mouse moves is not. Whoever knows of no mouse passes
/// over both.
const MOUSE_ON: &str = "\u{1b}[?1000h\u{1b}[?1006h";
const MOUSE_OFF: &str = "\u{1b}[?1006l\u{1b}[?1000l";

/// The terminal, taken. Dropped, it is given back.
#[derive(Debug)]
pub(crate) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    errors: StandardError,
}

impl Screen {
    /// Takes the terminal, and standard error with it. A panic gives both back before it is told; one of another thread is
    /// told when the view has ended.
    pub(crate) fn take(errors: StandardError) -> io::Result<Self> {
        let told = std::panic::take_hook();
        let (own, of_hook) = (std::thread::current().id(), errors.clone());
        std::panic::set_hook(Box::new(move |panic| {
            // The message goes to the shell's screen: the other one is about to go.
            if std::thread::current().id() == own {
                give_back(&of_hook);
            }
            told(panic);
        }));
        enter(&errors).inspect_err(|_| give_back(&errors))?;
        let terminal = Terminal::new(CrosstermBackend::new(stdout())).inspect_err(|_| give_back(&errors))?;
        Ok(Self { terminal, errors })
    }

    /// Draws what has changed, for terminals that know how in one go.
    pub(crate) fn draw(&mut self, state: &State) -> io::Result<()> {
        // A task beside the view has panicked: that was told, and the view goes on.
        if !is_raw_mode_enabled()? {
            self.enter_again()?;
        }
        queue!(stdout(), BeginSynchronizedUpdate)?;
        self.terminal.draw(|frame| draw(state, frame.buffer_mut()))?;
        execute!(stdout(), EndSynchronizedUpdate)
    }

    /// Draws everything at the next draw, and tells how large the terminal is.
    pub(crate) fn clear(&mut self) -> io::Result<(u16, u16)> {
        let size = self.terminal.size()?;
        // Not `Terminal::clear`, which asks where the cursor is: the answer would come among the keys.
        self.terminal.resize(Rect::from((Position::ORIGIN, size)))?;
        Ok((size.width, size.height))
    }

    /// Leaves the terminal to the shell.
    pub(crate) fn leave(&self) {
        give_back(&self.errors);
    }

    /// Takes it again.
    pub(crate) fn enter_again(&mut self) -> io::Result<(u16, u16)> {
        enter(&self.errors)?;
        self.clear()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back(&self.errors);
    }
}

fn enter(errors: &StandardError) -> io::Result<()> {
    enable_raw_mode()?;
    errors.hold()?;
    execute!(stdout(), EnterAlternateScreen, Print(MOUSE_ON))
}

/// Once: to leave the other screen twice would put the cursor back over what was told in between. A terminal that has gone
/// away cannot be given back.
fn give_back(errors: &StandardError) {
    if is_raw_mode_enabled().unwrap_or(true) {
        drop(execute!(stdout(), EndSynchronizedUpdate, Print(MOUSE_OFF), LeaveAlternateScreen, Show));
        drop(disable_raw_mode());
    }
    errors.release();
}
