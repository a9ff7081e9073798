//! One table of keys: what each does, and where. The help and the reference are made from it.

mod action;
mod table;

pub use action::Action;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
pub use table::{KEYS, MOUSE};

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
        let table = "| where | keys | |\n|---|---|---|\n".to_owned()
            + &KEYS.iter().map(row).collect::<String>()
            + &MOUSE.iter().map(|(how, what)| format!("| Mouse | {how} | {what} |\n")).collect::<String>();
        assert_eq!(published, table, "put this into docs/reference/trace-ui.md:\n{table}");
    }
}
