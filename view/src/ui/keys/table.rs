//! The table of keys.

use ratatui::crossterm::event::KeyCode;

use super::{Action, Binding, Key, Place};
use Key::{Character as C, Control as Ctrl, Named as N};

const fn bind(place: Place, keys: &'static [Key], action: Action, what: &'static str) -> Binding {
    Binding { place, keys, action, what }
}

/// All keys, place by place, in the order in which the help shows them.
pub const KEYS: &[Binding] = &[
    bind(Place::Everywhere, &[C('j'), N(KeyCode::Down)], Action::Down, "next line"),
    bind(Place::Everywhere, &[C('k'), N(KeyCode::Up)], Action::Up, "line before"),
    bind(Place::Everywhere, &[Ctrl('f'), N(KeyCode::PageDown)], Action::PageDown, "a screen on"),
    bind(Place::Everywhere, &[Ctrl('b'), N(KeyCode::PageUp)], Action::PageUp, "a screen back"),
    bind(Place::Everywhere, &[C('g'), N(KeyCode::Home)], Action::First, "first line"),
    bind(Place::Everywhere, &[C('G'), N(KeyCode::End)], Action::Last, "last line"),
    bind(Place::Everywhere, &[N(KeyCode::Enter)], Action::Open, "open what is chosen, follow a link"),
    bind(Place::Everywhere, &[N(KeyCode::Esc), N(KeyCode::Backspace)], Action::Back, "back to where you came from"),
    bind(Place::Everywhere, &[N(KeyCode::Tab)], Action::NextTab, "next tab"),
    bind(Place::Everywhere, &[N(KeyCode::BackTab)], Action::PreviousTab, "tab before"),
    bind(Place::Everywhere, &[C('1')], Action::Tab(0), "list of traces"),
    bind(Place::Everywhere, &[C('2')], Action::Tab(1), "waterfall of the trace"),
    bind(Place::Everywhere, &[C('3')], Action::Tab(2), "service map"),
    bind(Place::Everywhere, &[C('4')], Action::Tab(3), "heat map of a job array"),
    bind(Place::Everywhere, &[C('/')], Action::Search, "search for a text"),
    bind(Place::Everywhere, &[C('n')], Action::NextMatch, "next place that has the text"),
    bind(Place::Everywhere, &[C('N')], Action::PreviousMatch, "place before that has the text"),
    bind(Place::Everywhere, &[C('i')], Action::Notes, "what was wrong with the traces that were read"),
    bind(Place::Everywhere, &[C('r')], Action::Reload, "read the traces again"),
    bind(Place::Everywhere, &[C('?'), N(KeyCode::F(1))], Action::Help, "this help"),
    bind(Place::Everywhere, &[Ctrl('l')], Action::Redraw, "draw the screen again"),
    bind(Place::Everywhere, &[Ctrl('z')], Action::Suspend, "leave the terminal to the shell until `fg`"),
    bind(Place::Everywhere, &[C('q'), Ctrl('c')], Action::Quit, "end"),
    bind(Place::Traces, &[C('s')], Action::Sort, "sort by the next column"),
    bind(Place::Traces, &[C('S')], Action::Reverse, "sort the other way round"),
    bind(Place::Traces, &[C('e')], Action::ErrorsOnly, "traces with errors only, or all"),
    bind(Place::Traces, &[C('t')], Action::SlowOnly, "traces slower than 100 ms, 1 s, 10 s, 1 min, or all"),
    bind(Place::Traces, &[C('v')], Action::Service, "traces of one service: the next at each press, then all"),
    bind(Place::Traces, &[C('x')], Action::ShowAll, "take every filter away"),
    bind(Place::Waterfall, &[C('h'), N(KeyCode::Left)], Action::Fold, "fold a span, or go to the one above it"),
    bind(Place::Waterfall, &[C('l'), N(KeyCode::Right)], Action::Unfold, "unfold a span, or go to the first below it"),
    bind(Place::Waterfall, &[C(' ')], Action::Toggle, "fold or unfold a span"),
    bind(Place::Waterfall, &[C('_')], Action::FoldAll, "fold all but the first two levels"),
    bind(Place::Waterfall, &[C('*')], Action::UnfoldAll, "unfold everything, repeated calls too"),
    bind(Place::Waterfall, &[C('a')], Action::Repeats, "repeated calls as one row, or each"),
    bind(Place::Waterfall, &[C('+'), C('=')], Action::ZoomIn, "less time on the same width"),
    bind(Place::Waterfall, &[C('-')], Action::ZoomOut, "more time on the same width"),
    bind(Place::Waterfall, &[C('z')], Action::ZoomToSpan, "the time of the chosen span"),
    bind(Place::Waterfall, &[C('0')], Action::ZoomReset, "the whole time"),
    bind(Place::Waterfall, &[C('<'), C(',')], Action::PanLeft, "earlier"),
    bind(Place::Waterfall, &[C('>'), C('.')], Action::PanRight, "later"),
    bind(Place::Waterfall, &[C('c')], Action::CriticalPath, "mark the critical path, or not"),
    bind(Place::Waterfall, &[C('e')], Action::NextError, "next span that failed"),
    bind(Place::Waterfall, &[C('E')], Action::PreviousError, "span before that failed"),
    bind(Place::Waterfall, &[C('o')], Action::NextLink, "details at the span's next link"),
    bind(Place::Waterfall, &[C('d')], Action::ShowDetails, "show the details, or not"),
    bind(Place::Details, &[C('o')], Action::NextLink, "next link"),
    bind(Place::Details, &[C('d')], Action::ShowDetails, "close the details"),
    bind(Place::Map, &[C('s')], Action::Sort, "sort by the next column"),
    bind(Place::Map, &[C('S')], Action::Reverse, "sort the other way round"),
    bind(Place::Map, &[C('a')], Action::Scope, "map of this trace, or of all that the list shows"),
    bind(Place::Array, &[C('[')], Action::PreviousArray, "job array before"),
    bind(Place::Array, &[C(']')], Action::NextArray, "next job array"),
    bind(Place::Array, &[C('s')], Action::Sort, "what is remarkable first, or by index"),
    bind(Place::Array, &[C('e')], Action::NextError, "next task that failed"),
];

/// What the mouse does, in the order in which the help shows it.
pub const MOUSE: &[(&str, &str)] = &[
    ("click", "choose a line; on the chosen one, open it"),
    ("click on ▸ or ▾", "unfold or fold a span"),
    ("click on a tab", "go to it"),
    ("click on a column", "sort by it, and again the other way round"),
    ("wheel", "lines further up or down"),
    ("Shift and drag", "mark text, as without this view (some terminals: Option or Fn)"),
];
