//! Waiting for an instant of the wall clock.

use jiff::Timestamp;
use std::time::Duration;

/// Longest single wait: a clock that jumps or a machine that slept is noticed within it.
const LOOK: Duration = Duration::from_secs(30);

/// Waits for the instant by the wall clock.
pub(super) async fn until(instant: Timestamp) {
    loop {
        let left = instant.duration_since(Timestamp::now());
        match Duration::try_from(left) {
            Ok(left) if !left.is_zero() => tokio::time::sleep(left.min(LOOK)).await,
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_instant_that_has_passed_is_not_waited_for() {
        until("2020-01-01T00:00:00Z".parse().unwrap()).await;
    }
}
