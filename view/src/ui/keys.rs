//! One table of keys: what each does, and where. The help and the reference are made from it.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Where the keys go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Whatever is shown.
    Everywhere,
    /// The list of traces.
    Traces,
    /// The waterfall of one trace.
    Waterfall,
    /// What there is to say of one span.
    Details,
    /// The service map.
    Map,
    /// The heat map of a job array.
    Array,
}

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The line before.
    Up,
    /// The line after.
    Down,
    /// A screen back.
    PageUp,
    /// A screen on.
    PageDown,
    /// The first line.
    First,
    /// The last line.
    Last,
    /// Open what is chosen.
    Open,
    /// Back to where one came from.
    Back,
    /// The next tab.
    NextTab,
    /// The tab before.
    PreviousTab,
    /// The tab of this number, from 0.
    Tab(usize),
    /// Ask for a text to look for.
    Search,
    /// The next place that has the text.
    NextMatch,
    /// The place before that has the text.
    PreviousMatch,
    /// Sort by the next column.
    Sort,
    /// The other way round.
    Reverse,
    /// Traces with errors only, or all.
    ErrorsOnly,
    /// Slow traces only; slower at each press, then all.
    SlowOnly,
    /// Traces with this service only; the next service at each press, then all.
    Service,
    /// All traces again.
    ShowAll,
    /// Hide what is below a span, or go to the span above.
    Fold,
    /// Show what is below a span.
    Unfold,
    /// Hide or show what is below a span.
    Toggle,
    /// Hide all but the first two levels.
    FoldAll,
    /// Show every span.
    UnfoldAll,
    /// Repeated calls as one row, or each.
    Repeats,
    /// Less time on the same width.
    ZoomIn,
    /// More time on the same width.
    ZoomOut,
    /// The chosen span's time.
    ZoomToSpan,
    /// The whole time.
    ZoomReset,
    /// Earlier.
    PanLeft,
    /// Later.
    PanRight,
    /// Mark what the trace's length is made of.
    CriticalPath,
    /// The next span that failed.
    NextError,
    /// The span before that failed.
    PreviousError,
    /// The next link of the chosen span.
    NextLink,
    /// Show or hide the details.
    ShowDetails,
    /// One trace or all of them.
    Scope,
    /// The job array before.
    PreviousArray,
    /// The next job array.
    NextArray,
    /// What was wrong with what was read.
    Notes,
    /// This table.
    Help,
    /// Read everything again.
    Reload,
    /// Draw everything again.
    Redraw,
    /// Leave the terminal to the shell until `fg`.
    Suspend,
    /// The end.
    Quit,
}

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A key with a character, in upper or lower case.
    Character(char),
    /// The same with Control.
    Control(char),
    /// A key with a name.
    Named(KeyCode),
}

/// A line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Where it holds.
    pub place: Place,
    /// The keys that ask for the same.
    pub keys: &'static [Key],
    /// What they ask for.
    pub action: Action,
    /// The same in words.
    pub what: &'static str,
}

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

/// What a key asks for at this place.
#[must_use]
pub fn action(key: KeyEvent, place: Place) -> Option<Action> {
    let of =
        |place: Place| KEYS.iter().find(|binding| binding.place == place && binding.keys.iter().any(|k| k.is(key)));
    of(place).or_else(|| of(Place::Everywhere)).map(|binding| binding.action)
}

impl Key {
    fn is(self, event: KeyEvent) -> bool {
        let held = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT);
        match self {
            Self::Character(character) => event.code == KeyCode::Char(character) && held.is_empty(),
            Self::Control(character) => event.code == KeyCode::Char(character) && held == KeyModifiers::CONTROL,
            Self::Named(code) => event.code == code,
        }
    }

    /// Its name as keyboards write it.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Character(' ') => "Space".to_owned(),
            Self::Character(character) => character.to_string(),
            Self::Control(character) => format!("Ctrl-{}", character.to_ascii_uppercase()),
            Self::Named(KeyCode::BackTab) => "Shift-Tab".to_owned(),
            Self::Named(code) => code.to_string(),
        }
    }
}

impl Binding {
    /// The names of its keys.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.keys.iter().map(|key| key.name()).collect()
    }
}

impl Place {
    /// All places, in the order of the help.
    pub const ALL: [Self; 6] = [Self::Everywhere, Self::Traces, Self::Waterfall, Self::Details, Self::Map, Self::Array];

    /// What the help calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::Traces => "Traces",
            Self::Waterfall => "Waterfall",
            Self::Details => "Details",
            Self::Map => "Map",
            Self::Array => "Array",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_at_one_place() {
        for (at, binding) in KEYS.iter().enumerate() {
            let twice = KEYS[at + 1..]
                .iter()
                .find(|other| other.place == binding.place && other.keys.iter().any(|key| binding.keys.contains(key)));
            assert_eq!(twice, None, "{binding:?}");
        }
    }

    #[test]
    fn a_place_goes_before_everywhere_and_control_is_no_letter() {
        let key = |character, modifiers| KeyEvent::new(KeyCode::Char(character), modifiers);
        assert_eq!(action(key('e', KeyModifiers::NONE), Place::Traces), Some(Action::ErrorsOnly));
        assert_eq!(action(key('e', KeyModifiers::NONE), Place::Waterfall), Some(Action::NextError));
        assert_eq!(action(key('e', KeyModifiers::NONE), Place::Map), None);
        assert_eq!(action(key('q', KeyModifiers::NONE), Place::Map), Some(Action::Quit));
        assert_eq!(action(key('c', KeyModifiers::CONTROL), Place::Waterfall), Some(Action::Quit));
        assert_eq!(action(key('G', KeyModifiers::SHIFT), Place::Map), Some(Action::Last));
        assert_eq!(action(key('q', KeyModifiers::ALT), Place::Map), None);
    }

    #[test]
    fn the_published_table_has_every_key() {
        const REFERENCE: &str = include_str!("../../../docs/reference/trace-ui.md");
        let (_, rest) = REFERENCE.split_once("<!-- keys:begin -->\n").unwrap();
        let (published, _) = rest.split_once("<!-- keys:end -->").unwrap();
        let row = |binding: &Binding| {
            let keys: Vec<String> = binding.names().iter().map(|name| format!("`{name}`")).collect();
            format!("| {} | {} | {} |\n", binding.place.name(), keys.join(" "), binding.what)
        };
        let table = "| where | keys | |\n|---|---|---|\n".to_owned() + &KEYS.iter().map(row).collect::<String>();
        assert_eq!(published, table, "put this into docs/reference/trace-ui.md:\n{table}");
    }
}
