//! Names of the attributes of `lifecycle …` and `pre-stop` spans, as `docs/reference/spans.md` lists them.

/// Why: `ttl`, `idle`, `complete`, `spot` or `rebalance`.
pub(super) const REASON: &str = "spawn.reason";
/// What follows for the host: `terminate`, `stop`, `hibernate`, `exit`, `wait` or `none`.
pub(super) const ACTION: &str = "spawn.lifecycle.action";
/// The time to live.
pub(super) const TTL: &str = "spawn.ttl";
/// Seconds since the launch.
pub(super) const AGE: &str = "spawn.age_seconds";
/// Seconds since the host did something.
pub(super) const IDLE: &str = "spawn.idle_seconds";
/// The timeout that these have reached.
pub(super) const IDLE_TIMEOUT: &str = "spawn.idle_timeout";
/// What was measured last.
pub(super) const IDLE_MEASURED: &str = "spawn.idle_measured";
/// Status of the completion.
pub(super) const COMPLETION_STATUS: &str = "spawn.completion.status";
/// Its message.
pub(super) const COMPLETION_MESSAGE: &str = "spawn.completion.message";
/// What EC2 does with a spot instance that it takes back.
pub(super) const NOTICE_ACTION: &str = "spawn.notice.action";
/// When, or since when.
pub(super) const NOTICE_TIME: &str = "spawn.notice.time";
/// Exit code of a program.
pub(super) const EXIT_CODE: &str = "process.exit.code";
/// Signal that ended it.
pub(super) const SIGNAL: &str = "spawn.pre_stop.signal";
/// Whether it took too long.
pub(super) const TIMED_OUT: &str = "spawn.pre_stop.timed_out";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_lists_every_attribute() {
        let reference = include_str!("../../../../docs/reference/spans.md");
        let table = reference.split_once("<!-- lifecycle:begin -->").unwrap().1;
        let table = table.split_once("<!-- lifecycle:end -->").unwrap().0;
        let listed: Vec<&str> = table.lines().filter_map(|row| row.strip_prefix("| `")?.split('`').next()).collect();
        let all = [
            REASON,
            ACTION,
            TTL,
            AGE,
            IDLE,
            IDLE_TIMEOUT,
            IDLE_MEASURED,
            COMPLETION_STATUS,
            COMPLETION_MESSAGE,
            NOTICE_ACTION,
            NOTICE_TIME,
            EXIT_CODE,
            SIGNAL,
            TIMED_OUT,
        ];
        assert_eq!(listed, all);
    }
}
