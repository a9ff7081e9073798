//! The view without a terminal: keys in, cells out.

mod hostile;
mod mouse;
mod places;
mod sample;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

use crate::read::Gathered;
use crate::trace::Trace;
use crate::ui::draw::draw;
use crate::ui::state::loaded::{Loaded, Reading};
use crate::ui::state::{Effect, Look, State};

const LOOK: Look = Look { colour: true, unicode: true, follows: false };

/// The view of these spans on 100 columns and 30 lines.
fn view(gathered: Gathered) -> State {
    State::new(loaded(gathered), LOOK, (100, 30))
}

fn loaded(gathered: Gathered) -> Loaded {
    let Gathered { spans, problems, .. } = gathered;
    Loaded::of(Reading { traces: Trace::gather(spans), problems })
}

/// Types: a letter is its key, `⏎` Enter, `⎋` Escape, `⇥` Tab, `←` and `→` the arrows.
fn typed(state: &mut State, keys: &str) -> Effect {
    let mut effect = Effect::None;
    for character in keys.chars() {
        let code = match character {
            '⏎' => KeyCode::Enter,
            '⎋' => KeyCode::Esc,
            '⇥' => KeyCode::Tab,
            '←' => KeyCode::Left,
            '→' => KeyCode::Right,
            '⌫' => KeyCode::Backspace,
            character => KeyCode::Char(character),
        };
        effect = state.key(KeyEvent::new(code, KeyModifiers::NONE));
    }
    effect
}

/// What is on the screen, line by line.
fn screen(state: &State) -> Vec<String> {
    let (width, height) = state.size;
    let mut cells = Buffer::empty(Rect::new(0, 0, width, height));
    draw(state, &mut cells);
    let line = |y: u16| (0..width).map(|x| cells[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..height).map(line).collect()
}

/// The first line that has this text.
#[track_caller]
fn line_with(state: &State, text: &str) -> String {
    let lines = screen(state);
    let Some(line) = lines.iter().find(|line| line.contains(text)) else {
        panic!("{text:?} is not on the screen:\n{}", lines.join("\n"))
    };
    line.clone()
}

/// The name of the chosen span.
fn chosen(state: &State) -> String {
    let span = state.waterfall.as_ref().and_then(|waterfall| waterfall.span()).unwrap();
    state.trace().unwrap().spans()[span].name.clone()
}
