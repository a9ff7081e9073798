//! Spans of time as operators write them: `30s`, `15m`, `2h`, `1d`, `1h30m`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::ValueError;

/// The units, longest first, with their seconds.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// The longest span: ten years. Longer is a slip, and an instant plus this still fits every clock.
const LONGEST: u64 = 3_650 * 86_400;

/// A span of whole seconds, at least one second and at most ten years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeSpan {
    seconds: u64,
}

impl TimeSpan {
    /// A default of the key table, in whole seconds from one to ten years.
    pub(crate) const fn of_seconds(seconds: u64) -> Self {
        Self { seconds }
    }

    /// The span in whole seconds.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.seconds
    }

    /// The span as the standard library's type.
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

impl From<TimeSpan> for Duration {
    fn from(span: TimeSpan) -> Self {
        span.duration()
    }
}

impl fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.seconds;
        for (unit, seconds) in UNITS {
            let count = rest / seconds;
            rest %= seconds;
            if count > 0 {
                write!(f, "{count}{unit}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for TimeSpan {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        seconds(text)
            .filter(|seconds| (1..=LONGEST).contains(seconds))
            .map(|seconds| Self { seconds })
            .ok_or_else(|| ValueError::expected("a span of time such as 30s, 15m, 2h, 1d or 1h30m, at most 3650d"))
    }
}

/// Adds up numbers with units, each unit at most once and the longer before the shorter.
fn seconds(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut total = 0_u64;
    for (unit, seconds) in UNITS {
        let Some((count, after)) = rest.split_once(unit) else {
            continue;
        };
        let digits = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
        let count: u64 = count.parse().ok().filter(|_| digits)?;
        total = total.checked_add(count.checked_mul(seconds)?)?;
        rest = after;
    }
    (rest.is_empty() && !text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn span(seconds: u64) -> TimeSpan {
        TimeSpan { seconds }
    }

    #[test]
    fn units_and_compounds_are_read() {
        assert_eq!("30s".parse(), Ok(span(30)));
        assert_eq!("15m".parse(), Ok(span(900)));
        assert_eq!("2h".parse(), Ok(span(7_200)));
        assert_eq!("1d".parse(), Ok(span(86_400)));
        assert_eq!("1h30m".parse(), Ok(span(5_400)));
        assert_eq!("90m".parse::<TimeSpan>().unwrap().to_string(), "1h30m");
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for text in [
            "",
            "0s",
            "5 minutes",
            "-1h",
            "+1h",
            "1e9d",
            "1.5h",
            "h",
            "1",
            "30m1h",
            "1h1h",
            "3651d",
            "1H",
            "١h",
            "99999999999999999999d",
            "18446744073709551615d",
        ] {
            assert_eq!(
                text.parse::<TimeSpan>().unwrap_err().to_string(),
                "expected a span of time such as 30s, 15m, 2h, 1d or 1h30m, at most 3650d",
                "{text:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_span_is_read_back_as_it_is_printed(seconds in 1..=LONGEST) {
            prop_assert_eq!(span(seconds).to_string().parse(), Ok(span(seconds)));
        }
    }
}
