//! The lines of `spored status` that tell when and why the host ends.

use super::plain;
use serde_json::Value;

/// A name and a value each; nothing where there is nothing to say.
pub(super) fn rows(report: &Value) -> Vec<(&'static str, String)> {
    let say = |pointer: &str| report.pointer(pointer).filter(|value| !value.is_null()).map(plain);
    let or = |pointer: &str| say(pointer).unwrap_or_else(|| "?".to_owned());
    let idle = match (say("/idle/since"), say("/idle/busy_with")) {
        (_, Some(busy)) => Some(format!("no: {busy}")),
        (Some(since), None) => Some(format!("since {since}, ends at {}", or("/idle/ends_at"))),
        (None, None) => None,
    };
    let completion = say("/completion/status").map(|status| match say("/completion/message") {
        Some(message) => format!("{status}: {message}"),
        None => status,
    });
    let notice = say("/spot_notice/action").map(|action| format!("EC2 will {action} at {}", or("/spot_notice/time")));
    let end = say("/end/reason").map(|reason| format!("{} ({reason}) since {}", or("/end/action"), or("/end/at")));
    let rows = [
        ("ends at", say("/ends_at")),
        ("idle", idle),
        ("completed", completion),
        ("notice", notice),
        ("rebalance", say("/rebalance_recommended").map(|since| format!("recommended since {since}"))),
        ("end", end),
        ("", say("/end/problem")),
    ];
    rows.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_ends_the_host_is_told_in_lines() {
        let report = json!({
            "ends_at": "2027-01-31T18:00:00Z",
            "idle": { "timeout": "1h", "since": "2027-01-31T16:30:00Z", "ends_at": "2027-01-31T17:30:00Z", "busy_with": null },
            "completion": { "status": "failed", "message": "no\u{1b}[2J disk" },
            "spot_notice": { "action": "terminate", "time": "2027-01-31T17:02:00Z" },
            "rebalance_recommended": "2027-01-31T16:50:00Z",
            "end": { "reason": "complete", "action": "stop", "at": "2027-01-31T17:00:00Z", "problem": "EC2 StopInstances: no" },
        });
        let expected = [
            ("ends at", "2027-01-31T18:00:00Z"),
            ("idle", "since 2027-01-31T16:30:00Z, ends at 2027-01-31T17:30:00Z"),
            ("completed", "failed: no\\u{1b}[2J disk"),
            ("notice", "EC2 will terminate at 2027-01-31T17:02:00Z"),
            ("rebalance", "recommended since 2027-01-31T16:50:00Z"),
            ("end", "stop (complete) since 2027-01-31T17:00:00Z"),
            ("", "EC2 StopInstances: no"),
        ];
        assert_eq!(rows(&report), expected.map(|(name, value)| (name, value.to_owned())));
        let busy =
            json!({ "idle": { "since": null, "ends_at": "2027-01-31T18:00:00Z", "busy_with": "processors 50 %" } });
        assert_eq!(rows(&busy), [("idle", "no: processors 50 %".to_owned())]);
        assert_eq!(rows(&json!({ "ends_at": null, "end": null })), []);
    }
}
