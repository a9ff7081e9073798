//! Times, durations, counts and shares as people read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

const SECOND: u64 = 1_000_000_000;

/// Nanoseconds as a duration of three figures: `850 ns`, `12.3 ms`, `1.05 s`, `2m 03s`, `3h 05m`, `4d 02h`.
#[must_use]
pub fn duration(nanoseconds: u64) -> String {
    // Beyond three figures the next unit reads better; half of the last figure is rounded up into it.
    for (unit, name) in [(1, "ns"), (1_000, "us"), (1_000_000, "ms"), (SECOND, "s")] {
        let most = if name == "s" { 60 } else { 1_000 };
        if let Some(text) = figures(nanoseconds, unit, most) {
            return format!("{text} {name}");
        }
    }
    let seconds = nanoseconds.saturating_add(SECOND / 2) / SECOND;
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, minutes) => format!("{minutes}m {:02}s", seconds % 60),
        (0, hours, minutes) => format!("{hours}h {:02}m", minutes % 60),
        (days, hours, _) => format!("{days}d {:02}h", hours % 24),
    }
}

/// Three figures of the value in this unit, if it is less than `most` of it once it is rounded.
fn figures(value: u64, unit: u64, most: u64) -> Option<String> {
    if unit == 1 {
        return (value < most).then(|| value.to_string());
    }
    for decimals in [2, 1, 0] {
        let parts = 10_u64.pow(decimals);
        let rounded = (u128::from(value) * u128::from(parts) + u128::from(unit / 2)) / u128::from(unit);
        let rounded = u64::try_from(rounded).ok()?;
        let (whole, rest) = (rounded / parts, rounded % parts);
        if whole >= most {
            return None;
        }
        // 1.23, 12.3, 123.
        if rounded < 1_000 || decimals == 0 {
            return Some(match decimals {
                0 => whole.to_string(),
                decimals => format!("{whole}.{rest:0width$}", width = decimals as usize),
            });
        }
    }
    None
}

/// An instant in UTC: `2026-11-21 23:00:01`, with the zone's name where `zone`.
#[must_use]
pub fn instant(nanoseconds: u64, zone: bool) -> String {
    let Ok(instant) = Timestamp::from_nanosecond(i128::from(nanoseconds)) else { return "-".to_owned() };
    let text = instant.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S").to_string();
    if zone { text + " UTC" } else { text }
}

/// `1 span`, `2 spans`; `plural` is the word for many.
#[must_use]
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A part of a whole as a percentage; what is there is never 0 %, and what lacks anything never 100 %.
#[must_use]
pub fn share(part: u64, whole: u64) -> String {
    match (u128::from(part) * 1_000 + u128::from(whole) / 2).checked_div(u128::from(whole)) {
        None => "-".to_owned(),
        Some(0) if part > 0 => "<0.1 %".to_owned(),
        Some(1_000..) if part < whole => ">99.9 %".to_owned(),
        Some(tenths @ 1..100) => format!("{}.{} %", tenths / 10, tenths % 10),
        Some(tenths) => format!("{} %", (tenths + 5) / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_figures() {
        let shown = [0, 850, 999, 1_000, 12_340, 999_499, 999_950, 1_050_000, 12_345_678, 123_456_789].map(duration);
        let expected =
            ["0 ns", "850 ns", "999 ns", "1.00 us", "12.3 us", "999 us", "1.00 ms", "1.05 ms", "12.3 ms", "123 ms"];
        assert_eq!(shown, expected);
        let shown = [SECOND, 59_940_000_000, 59_996_000_000, 123 * SECOND, 3_600 * 3 + 300].map(duration);
        assert_eq!(shown, ["1.00 s", "59.9 s", "1m 00s", "2m 03s", "11.1 us"]);
        assert_eq!([11_100 * SECOND, 352_800 * SECOND].map(duration), ["3h 05m", "4d 02h"]);
        assert_eq!(duration(u64::MAX), "213503d 23h");
    }

    #[test]
    fn an_instant_is_in_utc() {
        assert_eq!(instant(1_700_000_000 * SECOND + 999_999_999, true), "2023-11-14 22:13:20 UTC");
        assert_eq!(instant(0, false), "1970-01-01 00:00:00");
        assert_eq!(instant(u64::MAX, false), "2554-07-21 23:34:33");
    }

    #[test]
    fn a_share_that_is_there_is_never_nothing_and_one_that_lacks_something_never_all() {
        let shown = [(0, 10), (1, 10), (1, 3), (1, 100_000), (99_999, 100_000), (5, 5), (23, 1_000), (1, 0)];
        let shown = shown.map(|(part, whole)| share(part, whole));
        assert_eq!(shown, ["0 %", "10 %", "33 %", "<0.1 %", ">99.9 %", "100 %", "2.3 %", "-"]);
    }
}
