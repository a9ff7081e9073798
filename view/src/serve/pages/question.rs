//! What is asked for in an address: `?service=shop&error=true&slower_than=2s`.

use jiff::Timestamp;
use url::form_urlencoded;

use crate::Query;

/// Traces that a list has by default, and at most.
const LIMIT: usize = 200;
const MOST: usize = 10_000;

/// A search, and how much of what it finds is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) query: Query,
    pub(super) limit: usize,
}

impl Question {
    /// Reads what stands behind the `?`.
    pub(super) fn read(asked: Option<&str>) -> Result<Self, String> {
        let (mut query, mut limit) = (Query::default(), LIMIT);
        for (key, value) in form_urlencoded::parse(asked.unwrap_or_default().as_bytes()) {
            let value = value.into_owned();
            // A field of a form that nobody filled in.
            if value.is_empty() {
                continue;
            }
            match key.as_ref() {
                "service" => query.service = Some(value),
                "error" => query.error = truth(&value)?,
                "slower_than" => query.slower_than = Some(time_span(&value)?),
                "array" => query.array = Some(value),
                "from" => query.from = Some(instant(&value)?),
                "to" => query.to = Some(instant(&value)?),
                "text" => query.text = Some(value),
                "limit" => limit = value.parse().map_err(|_| format!("limit={value} is no number"))?,
                other => {
                    return Err(format!(
                        "{other} is nothing to search by: there are service, error, slower_than, array, from, to, text \
                         and limit"
                    ));
                }
            }
        }
        Ok(Self { query, limit: limit.min(MOST) })
    }
}

fn truth(text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(format!("error={text} is neither true nor false")),
    }
}

fn instant(text: &str) -> Result<u64, String> {
    let time: Timestamp = text.parse().map_err(|_| format!("{text} is no time such as 2026-11-21T23:00:00Z"))?;
    u64::try_from(time.as_nanosecond()).map_err(|_| format!("{text} is before 1970"))
}

/// Nanoseconds of `250ms`, `1.5s` or `2m`.
fn time_span(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text} is no time span such as 250ms, 1.5s or 2m");
    let unit = text.find(|character: char| character.is_ascii_alphabetic()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(unit);
    let nanoseconds = match unit {
        "us" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 60e9,
        "h" => 3600e9,
        _ => return Err(wrong()),
    };
    let number: f64 = number.trim().parse().map_err(|_| wrong())?;
    let sound = number.is_finite() && number >= 0.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked, and a cast stays within bounds"
    )]
    sound.then_some((number * nanoseconds) as u64).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_read_as_forms_write_it() {
        let asked = "service=my+shop&error=true&slower_than=1.5s&array=align%2D1&from=1970-01-01T00:00:01Z&\
                     to=1970-01-01T00:00:02Z&text=%26&limit=3&";
        let query = Query {
            service: Some("my shop".to_owned()),
            error: true,
            slower_than: Some(1_500_000_000),
            array: Some("align-1".to_owned()),
            from: Some(1_000_000_000),
            to: Some(2_000_000_000),
            text: Some("&".to_owned()),
        };
        assert_eq!(Question::read(Some(asked)), Ok(Question { query, limit: 3 }));
        let nothing = Question { query: Query::default(), limit: LIMIT };
        assert_eq!(Question::read(None), Ok(nothing.clone()));
        assert_eq!(Question::read(Some("service=&text=&error=0")), Ok(nothing));
        assert_eq!(Question::read(Some("limit=99999999")).map(|question| question.limit), Ok(MOST));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for asked in [
            "slower=2s",
            "slower_than=2",
            "slower_than=-2s",
            "slower_than=2y",
            "slower_than=nans",
            "error=yes",
            "from=yesterday",
            "to=1969-01-01T00:00:00Z",
            "limit=x",
        ] {
            assert!(Question::read(Some(asked)).is_err(), "{asked}");
        }
    }
}
