//! The flags of a search for traces.

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use spawn_config::TimeSpan;
use spawn_view::Query;

/// Which traces.
#[derive(Clone, Debug, Args)]
pub(crate) struct SearchOptions {
    /// Only those in which this service takes part: a program, or a service of AWS that was called.
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Only those in which something failed.
    #[arg(long)]
    error: bool,
    /// Only those that take longer, such as 2s, 1.5s or 250ms.
    #[arg(long, value_name = "TIME", value_parser = length)]
    slower_than: Option<u64>,
    /// Only those of the job array of this name or id.
    #[arg(long, value_name = "NAME|ID")]
    array: Option<String>,
    /// Only those with this text in a span's name, in a value, or in their id.
    #[arg(long)]
    text: Option<String>,
    #[command(flatten)]
    period: Period,
    /// At most so many, the newest.
    #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
}

/// From when to when.
#[derive(Clone, Debug, Args)]
pub(crate) struct Period {
    /// Only those since then: an age such as 30m or 2d, or an instant such as 2026-11-21T22:00:00Z. X-Ray is asked for 6 hours
    /// without it, files for all.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    since: Option<Timestamp>,
    /// Only those that began before then, written like --since.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    until: Option<Timestamp>,
}

impl SearchOptions {
    pub(crate) fn query(&self) -> Query {
        Query {
            service: self.service.clone(),
            error: self.error,
            slower_than: self.slower_than,
            array: self.array.clone(),
            text: self.text.clone(),
            ..self.period.query()
        }
    }

    pub(crate) fn limit(&self) -> usize {
        usize::try_from(self.limit).unwrap_or(usize::MAX)
    }
}

impl Period {
    /// Whatever was at that time.
    pub(crate) fn query(&self) -> Query {
        let nanoseconds = |at: Option<Timestamp>| at.and_then(|at| u64::try_from(at.as_nanosecond()).ok());
        Query { from: nanoseconds(self.since), to: nanoseconds(self.until), ..Query::default() }
    }

    /// The same, but where no beginning was said, so many hours.
    pub(crate) fn query_of_hours(&self, hours: i64) -> Query {
        let end = self.until.unwrap_or_else(Timestamp::now);
        let since = self.since.or_else(|| end.checked_sub(SignedDuration::from_hours(hours)).ok());
        Self { since, until: self.until }.query()
    }
}

/// A length of time in nanoseconds.
fn length(text: &str) -> Result<u64, String> {
    let rule = || "a time is a number and a unit, such as 250ms, 1.5s or 2m".to_owned();
    if let Ok(span) = text.parse::<TimeSpan>() {
        return Ok(span.seconds().saturating_mul(1_000_000_000));
    }
    let (number, unit) = match (text.strip_suffix("us"), text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), ..) => (number, 1e3),
        (_, Some(number), _) => (number, 1e6),
        (.., Some(number)) => (number, 1e9),
        _ => return Err(rule()),
    };
    let number: f64 = number.parse().map_err(|_| rule())?;
    let nanoseconds = number * unit;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the line above it has looked")]
    match (0.0..1e18).contains(&nanoseconds) {
        true => Ok(nanoseconds as u64),
        false => Err(rule()),
    }
}

/// An age, or an instant.
fn instant(text: &str) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let age: TimeSpan = text
        .parse()
        .map_err(|_| "a time is an age such as 30m, or an instant such as 2026-11-21T22:00:00Z".to_owned())?;
    let age = SignedDuration::try_from(age.duration()).map_err(|error| error.to_string())?;
    Timestamp::now().checked_sub(age).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_may_be_less_than_a_second() {
        let lengths = ["250ms", "1.5s", "2s", "2m", "10us"].map(|text| length(text).unwrap());
        assert_eq!(lengths, [250_000_000, 1_500_000_000, 2_000_000_000, 120_000_000_000, 10_000]);
        for wrong in ["", "2", "fast", "-1s", "NaNs", "infs", "ms"] {
            assert!(length(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_time_is_an_age_or_an_instant() {
        assert_eq!(instant("2026-11-21T22:00:00Z").unwrap().as_second(), 1_795_298_400);
        let ago = Timestamp::now().as_second() - instant("30m").unwrap().as_second();
        assert!((1_800..1_810).contains(&ago), "{ago}");
        assert!(instant("yesterday").is_err());
    }
}
