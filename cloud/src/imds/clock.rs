//! The time of the metadata service, which is right where the host's own clock may be wrong.
//!
//! Launch times come from the metadata service, and so does the `Date` header of each of its answers. Comparing the two
//! tells an instance's age without its own clock, which may be a day off until NTP has set it.

use aws_smithy_async::time::TimeSource;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// The host's clock counts, which is finer, until it is further off than this; a header has whole seconds.
const TOLERANCE: Duration = Duration::from_secs(60);

/// The time by the last answer of the metadata service, carried on by a clock that nobody sets. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct ImdsClock {
    last: Arc<Mutex<Option<Reading>>>,
}

#[derive(Clone, Copy, Debug)]
struct Reading {
    told: SystemTime,
    at: Instant,
}

impl ImdsClock {
    /// Takes notice of a `Date` header; one that is none changes nothing.
    pub(super) fn hear(&self, date: &str) {
        let told = DateTime::from_str(date, Format::HttpDate).ok().and_then(|told| SystemTime::try_from(told).ok());
        if let Some(told) = told {
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Reading { told, at: Instant::now() });
        }
    }

    /// The time: the host's own where nothing contradicts it.
    pub fn now(&self) -> SystemTime {
        match (self.offset(), self.told()) {
            (Some(offset), Some(told)) if offset > TOLERANCE => told,
            _ => SystemTime::now(),
        }
    }

    /// How far the host's clock is from the metadata service's; `None` before its first answer.
    pub fn offset(&self) -> Option<Duration> {
        let told = self.told()?;
        let own = SystemTime::now();
        Some(told.duration_since(own).unwrap_or_else(|error| error.duration()))
    }

    fn told(&self) -> Option<SystemTime> {
        let reading = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        reading.map(|reading| reading.told + reading.at.elapsed())
    }
}

impl TimeSource for ImdsClock {
    fn now(&self) -> SystemTime {
        Self::now(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(offset: i64) -> String {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        DateTime::from_secs(i64::try_from(now).unwrap() + offset).fmt(Format::HttpDate).unwrap()
    }

    /// Seconds that the clock shows beyond the host's own.
    fn shown(clock: &ImdsClock) -> i64 {
        let seconds = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64();
        (seconds(clock.now()) - seconds(SystemTime::now())).round() as i64
    }

    #[test]
    fn a_host_whose_clock_is_a_day_off_goes_by_the_metadata_service() {
        for day in [86_400, -86_400] {
            let clock = ImdsClock::default();
            clock.hear(&date(day));
            assert!((shown(&clock) - day).abs() <= 1, "{}", shown(&clock));
        }
    }

    #[test]
    fn a_clock_that_is_nearly_right_or_that_nothing_contradicts_counts() {
        let clock = ImdsClock::default();
        assert_eq!((shown(&clock), clock.offset()), (0, None));
        clock.hear(&date(30));
        assert_eq!(shown(&clock), 0);
        clock.hear("yesterday");
        assert_eq!(shown(&clock), 0);
    }
}
