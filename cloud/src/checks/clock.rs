//! Whether this machine's clock is right enough for AWS to take its signatures.

use super::{Finding, Moment};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use std::time::{Duration, SystemTime};

/// AWS refuses signatures that are older or newer than this.
const SIGNATURES_HOLD: Duration = Duration::from_secs(5 * 60);
/// A `Date` header has whole seconds and takes a while to arrive; less than this says nothing.
const NOTICEABLE: Duration = Duration::from_secs(10);

const REMEDY: &str =
    "set the clock: `chronyc makestep` or `timedatectl set-ntp true`; on EC2 the time server is 169.254.169.123";

/// Judges this machine's clock by what AWS's said at the same moment.
#[must_use]
pub fn clock(Moment { here, there }: Moment) -> Finding {
    let (off, direction) = match here.duration_since(there) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    };
    let what = format!("{} s {direction} AWS's clock", off.as_secs());
    if off >= SIGNATURES_HOLD {
        Finding::fail(format!("{what}: AWS takes no signature that is five minutes off"), REMEDY)
    } else if off >= NOTICEABLE {
        Finding::warn(format!("{what}: times of spans and TTLs are off by as much"), REMEDY)
    } else {
        Finding::ok("agrees with AWS's clock")
    }
}

/// Reads a `Date` header.
pub(super) fn parse(date: &str) -> Option<SystemTime> {
    SystemTime::try_from(DateTime::from_str(date, Format::HttpDate).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    #[test]
    fn a_clock_is_judged_by_what_it_would_cost() {
        let there = parse("Fri, 20 Nov 2026 12:00:00 GMT").unwrap();
        let by = Duration::from_secs;
        let here = [there, there + by(9), there - by(10), there + by(299), there + by(300), there - by(86_400)];
        let found = here.map(|here| clock(Moment { here, there }));
        let levels = found.each_ref().map(|finding| finding.level);
        assert_eq!(levels, [Level::Ok, Level::Ok, Level::Warn, Level::Warn, Level::Fail, Level::Fail]);
        assert!(found[5].what.starts_with("86400 s behind AWS's clock"), "{:?}", found[5]);
    }

    #[test]
    fn a_date_that_is_none_is_no_date() {
        assert_eq!(parse("yesterday"), None);
    }
}
