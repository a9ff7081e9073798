//! The terminal while the view has it, and as it was when the view has it no more, however that came.

use std::io::{self, Stdout, stdout};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode, is_raw_mode_enabled,
};
use ratatui::crossterm::{execute, queue};
use ratatui::layout::{Position, Rect};

use crate::ui::draw::draw;
use crate::ui::state::State;

/// The terminal, taken. Dropped, it is given back.
#[derive(Debug)]
pub(crate) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Screen {
    /// Takes the terminal. A panic gives it back before it is told.
    pub(crate) fn take() -> io::Result<Self> {
        let told = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            // The message goes to the shell's screen: the other one is about to go.
            give_back();
            told(panic);
        }));
        enter().inspect_err(|_| give_back())?;
        let terminal = Terminal::new(CrosstermBackend::new(stdout())).inspect_err(|_| give_back())?;
        Ok(Self { terminal })
    }

    /// Draws what has changed, for terminals that know how in one go.
    pub(crate) fn draw(&mut self, state: &State) -> io::Result<()> {
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
    pub(crate) fn leave() {
        give_back();
    }

    /// Takes it again.
    pub(crate) fn enter_again(&mut self) -> io::Result<(u16, u16)> {
        enter()?;
        self.clear()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen)
}

/// Once: to leave the other screen twice would put the cursor back over what was told in between. A terminal that has gone
/// away cannot be given back.
fn give_back() {
    if is_raw_mode_enabled().unwrap_or(true) {
        drop(execute!(stdout(), EndSynchronizedUpdate, LeaveAlternateScreen, Show));
        drop(disable_raw_mode());
    }
}
