//! Braces in a command or a prefix: `{index:06}` becomes what it is for one task. Nothing here runs or reads anything.

use super::id::ArrayId;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Bytes that an expanded text may have: Linux takes no longer argument of a program (`MAX_ARG_STRLEN`, execve(2)).
const LONGEST: usize = 131_071;
/// Digits that `{index:…}` may ask for.
const WIDEST: usize = 32;

/// What the braces may name besides parameters. A parameter of such a name is in the environment only.
pub const PLACEHOLDERS: [&str; 5] = ["index", "size", "name", "array", "attempt"];

/// What the braces stand for, for one attempt of one task.
#[derive(Clone, Copy, Debug)]
pub struct Placeholders<'a> {
    /// The array.
    pub array: &'a ArrayId,
    /// Its number of tasks.
    pub size: u32,
    /// The task's index, from 0.
    pub index: u32,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The task's parameters.
    pub params: &'a BTreeMap<String, String>,
}

/// Braces that cannot be expanded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBraces {
    /// A brace without its other one.
    #[error("a lone `{brace}` at byte {at}; a brace that is meant as such is written twice: `{brace}{brace}`")]
    Lone {
        /// `{` or `}`.
        brace: char,
        /// Where it stands, from 0.
        at: usize,
    },
    /// A name that stands for nothing.
    #[error(
        "`{{{name}}}` stands for nothing: there are {{index}}, {{index:06}}, {{size}}, {{name}}, {{array}}, {{attempt}} and the task's parameters{}; braces that are meant as such are written twice",
        known(.params)
    )]
    Unknown {
        /// What stands between the braces, cut to 80 characters.
        name: String,
        /// Names of the parameters that there are.
        params: Vec<String>,
    },
    /// Digits asked for where there is no number, or in no readable way.
    #[error(
        "`{{{name}}}` asks for digits as nothing does: only index, size and attempt are numbers, as in {{index:06}}, of at most {WIDEST} digits"
    )]
    Digits {
        /// What stands between the braces, cut to 80 characters.
        name: String,
    },
    /// More than a program can be given.
    #[error("the text is longer than {LONGEST} bytes with its placeholders filled in")]
    TooLong,
}

/// What a text is made of.
enum Piece<'a> {
    /// It stands as it is.
    Text(&'a str),
    /// What is between two braces.
    Braces(&'a str),
}

/// Fills in the braces of `text`; doubled ones become one each.
///
/// # Errors
/// If a brace is alone, names nothing, or the result is too long for an argument.
pub fn expand(text: &str, values: &Placeholders<'_>) -> Result<String, BadBraces> {
    let mut whole = String::with_capacity(text.len());
    pieces(text, |piece| {
        match piece {
            Piece::Text(text) => whole.push_str(text),
            Piece::Braces(name) => values.fill_in(name, &mut whole)?,
        }
        if whole.len() > LONGEST { Err(BadBraces::TooLong) } else { Ok(()) }
    })?;
    Ok(whole)
}

/// Whether the braces of `text` can be filled in for each task whose parameters are these.
///
/// # Errors
/// As of [`expand`], but for the length.
pub fn check<'p>(text: &str, params: impl IntoIterator<Item = &'p str>) -> Result<(), BadBraces> {
    let params = params.into_iter().map(|name| (name.to_owned(), String::new())).collect();
    let array = ArrayId::of_none();
    let values = Placeholders { array: &array, size: 1, index: 0, attempt: 1, params: &params };
    let mut filled = String::new();
    pieces(text, |piece| match piece {
        Piece::Text(_) => Ok(()),
        Piece::Braces(name) => {
            filled.clear();
            values.fill_in(name, &mut filled)
        }
    })
}

impl Placeholders<'_> {
    fn fill_in(&self, between: &str, into: &mut String) -> Result<(), BadBraces> {
        let (name, digits) = between.split_once(':').map_or((between, None), |(name, digits)| (name, Some(digits)));
        let number = match name {
            "index" => Some(self.index),
            "size" => Some(self.size),
            "attempt" => Some(self.attempt),
            _ => None,
        };
        match (number, digits, name) {
            (Some(number), None, _) => write!(into, "{number}").map_err(|_| BadBraces::TooLong),
            (Some(number), Some(digits), _) => {
                let width = width(digits).ok_or_else(|| BadBraces::Digits { name: cut(between) })?;
                write!(into, "{number:0width$}").map_err(|_| BadBraces::TooLong)
            }
            (None, None, "name") => add(self.array.name(), into),
            (None, None, "array") => add(self.array.as_str(), into),
            (None, digits, _) => match (self.params.get(between), digits) {
                (Some(value), _) => add(value, into),
                (None, Some(_)) if name == "name" || name == "array" || self.params.contains_key(name) => {
                    Err(BadBraces::Digits { name: cut(between) })
                }
                (None, _) => Err(BadBraces::Unknown {
                    name: cut(between),
                    params: self.params.keys().take(10).map(|name| cut(name)).collect(),
                }),
            },
        }
    }
}

/// Adds a text of any length, unless that is too much.
fn add(value: &str, into: &mut String) -> Result<(), BadBraces> {
    if into.len() + value.len() > LONGEST {
        return Err(BadBraces::TooLong);
    }
    into.push_str(value);
    Ok(())
}

/// `06` and `6` are six digits; a number longer than that keeps all of its own.
fn width(digits: &str) -> Option<usize> {
    let sound = (1..=2).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|width| sound && *width <= WIDEST)
}

/// Gives each piece of the text to `take`, in order.
fn pieces<'t>(text: &'t str, mut take: impl FnMut(Piece<'t>) -> Result<(), BadBraces>) -> Result<(), BadBraces> {
    let mut rest = text;
    while let Some(found) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(found);
        let at = text.len() - from.len();
        take(Piece::Text(before))?;
        rest = if let Some(after) = from.strip_prefix("{{").or_else(|| from.strip_prefix("}}")) {
            take(Piece::Text(&from[..1]))?;
            after
        } else if let Some(inside) = from.strip_prefix('{') {
            match inside.find(['{', '}']) {
                Some(end) if inside[end..].starts_with('}') => {
                    take(Piece::Braces(&inside[..end]))?;
                    &inside[end + 1..]
                }
                _ => return Err(BadBraces::Lone { brace: '{', at }),
            }
        } else {
            return Err(BadBraces::Lone { brace: '}', at });
        };
    }
    take(Piece::Text(rest))
}

fn cut(name: &str) -> String {
    name.chars().take(80).collect()
}

fn known(params: &[String]) -> String {
    if params.is_empty() { String::new() } else { format!(" ({})", params.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> Result<String, BadBraces> {
        let array: ArrayId = "align-0000002a".parse().unwrap();
        let params =
            BTreeMap::from([("sample".to_owned(), "{index}".to_owned()), ("index".to_owned(), "no".to_owned())]);
        expand(text, &Placeholders { array: &array, size: 100, index: 42, attempt: 3, params: &params })
    }

    #[test]
    fn braces_become_what_they_are_for_the_task() {
        let all = "{index} {index:06} {index:1} {size} {name} {array} {attempt:02} {{index}} }}{{ ä";
        assert_eq!(filled(all).unwrap(), "42 000042 42 100 align align-0000002a 03 {index} }{ ä");
    }

    #[test]
    fn a_parameter_is_filled_in_as_it_is_and_shadows_nothing() {
        assert_eq!(filled("{sample}-{index}").unwrap(), "{index}-42");
    }

    #[test]
    fn what_names_nothing_is_told_with_what_there_is() {
        let told = filled("awk {print $1}").unwrap_err().to_string();
        assert_eq!(
            told,
            "`{print $1}` stands for nothing: there are {index}, {index:06}, {size}, {name}, {array}, {attempt} and the task's parameters (index, sample); braces that are meant as such are written twice"
        );
        assert_eq!(filled("ä{"), Err(BadBraces::Lone { brace: '{', at: 2 }));
        assert_eq!(filled("a}"), Err(BadBraces::Lone { brace: '}', at: 1 }));
        assert_eq!(filled("{index{"), Err(BadBraces::Lone { brace: '{', at: 0 }));
        for text in ["{name:06}", "{index:}", "{index:+6}", "{index:99}", "{index:0x6}", "{sample:6}"] {
            assert!(matches!(filled(text), Err(BadBraces::Digits { .. })), "{text}");
        }
    }

    #[test]
    fn the_launch_may_check_without_a_task() {
        assert_eq!(check("{sample} {index:06} {{x}}", ["sample"]), Ok(()));
        assert!(matches!(check("{sample}", ["other"]), Err(BadBraces::Unknown { .. })));
    }

    #[test]
    fn a_text_that_grows_without_end_is_refused_before_it_has() {
        let array: ArrayId = "align-0000002a".parse().unwrap();
        let params = BTreeMap::from([("big".to_owned(), "x".repeat(100_000))]);
        let values = Placeholders { array: &array, size: 1, index: 0, attempt: 1, params: &params };
        assert_eq!(expand("{big}", &values).map(|text| text.len()), Ok(100_000));
        assert_eq!(expand(&"{big}".repeat(1_000), &values), Err(BadBraces::TooLong));
    }
}
