//! What the running agent says of itself.

use crate::control::{self, NoAgent};
use serde_json::Value;
use spawn_cloud::checks::Finding;
use spawn_host::World;

/// Asks the agent on its socket.
pub(super) async fn agent(world: World) -> Finding {
    match control::status(&world).await {
        Ok(report) => judge(&report),
        Err(error) if error.is::<NoAgent>() => {
            Finding::warn("no agent is running here", "`systemctl start spored`, or `spored run`")
        }
        Err(error) => Finding::warn(format!("{error:#}"), "look again as root: `sudo spored doctor`"),
    }
}

fn judge(report: &Value) -> Finding {
    let say = |pointer: &str| report.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let state = say("/state").unwrap_or_else(|| "in a state that it does not tell".to_owned());
    if let Some(what) = say("/tracing/health/problem/what") {
        let remedy = say("/tracing/health/problem/remedy").unwrap_or_else(|| "see its log".to_owned());
        return Finding::fail(format!("{state}, and its spans are not delivered: {what}"), remedy);
    }
    let refused: Vec<&str> =
        report["refused_settings"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !refused.is_empty() {
        return Finding::warn(
            format!("{state}, without {}", refused.join("; ")),
            "correct the settings that it refused",
        );
    }
    if let Some(problem) = say("/registry/problem") {
        return Finding::warn(
            format!("{state}, but not registered: {problem}"),
            "nothing is lost: other agents do not see this one until the registry takes it",
        );
    }
    match state.as_str() {
        "starting" => Finding::warn(
            "starting: it does not know yet which host this is",
            "see `metadata` above, and its log: `journalctl -u spored`",
        ),
        _ => Finding::ok(state),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use spawn_cloud::checks::Level;

    #[test]
    fn the_worst_that_the_agent_says_is_what_counts() {
        let running =
            json!({ "state": "running", "tracing": { "health": { "problem": null } }, "refused_settings": [] });
        assert_eq!(judge(&running), Finding::ok("running"));
        let undelivered = json!({
            "state": "running", "refused_settings": ["tag spawn:ttl"],
            "tracing": { "health": { "problem": { "what": "X-Ray refuses", "remedy": "allow it" } } },
        });
        let expected = Finding::fail("running, and its spans are not delivered: X-Ray refuses", "allow it");
        assert_eq!(judge(&undelivered), expected);
        assert_eq!(judge(&json!({ "state": "running", "refused_settings": ["tag spawn:ttl"] })).level, Level::Warn);
        assert_eq!(judge(&json!({ "state": "starting" })).level, Level::Warn);
        assert_eq!(judge(&json!([])).level, Level::Ok);
    }
}
