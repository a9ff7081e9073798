//! The lines of `spored status` that tell what decides which traces are recorded, where that is not a share alone.

use super::plain;
use serde_json::Value;

/// A name and a value each; nothing where a share of the traces is all.
pub(super) fn rows(report: &Value) -> Vec<(&'static str, String)> {
    if report["tracing"]["enabled"] != true {
        return Vec::new();
    }
    let sampler = &report["tracing"]["sampler"];
    let account = &sampler["account"];
    let mut said = Vec::new();
    if account.is_object() {
        said.push(rules(account));
    }
    match sampler["operation_rules"].as_u64().unwrap_or_default() {
        0 => {}
        1 => said.push("1 rule for operations".to_owned()),
        rules => said.push(format!("{rules} rules for operations")),
    }
    if sampler["keep_errors"] == true {
        said.push("failures are kept".to_owned());
    }
    let mut rows = Vec::new();
    if !said.is_empty() {
        rows.push(("sampler", said.join("; ")));
    }
    let quotas: Vec<String> = account["quotas"].as_array().into_iter().flatten().map(quota).collect();
    if !quotas.is_empty() {
        rows.push(("", format!("quota {}", quotas.join(", "))));
    }
    let problem = &account["problem"];
    if problem.is_object() {
        rows.push(("", plain(&problem["what"])));
        rows.push(("", plain(&problem["remedy"])));
    }
    rows
}

/// Which of X-Ray's rules decide.
fn rules(account: &Value) -> String {
    let ours: Vec<String> = account["for_us"].as_array().into_iter().flatten().map(plain).collect();
    let known = match (account["rules"].as_u64(), account["age_seconds"].as_u64()) {
        (Some(rules), Some(age)) => {
            let ours = if ours.is_empty() { "none".to_owned() } else { ours.join(", ") };
            format!("{rules} rules of {age} s ago, for this service: {ours}")
        }
        _ => "rules not known".to_owned(),
    };
    match account["in_force"] == true && !ours.is_empty() {
        true => format!("xray, {known}"),
        false => format!("xray, {known}; one trace a second and 5 % are kept"),
    }
}

fn quota(quota: &Value) -> String {
    let say = |key: &str| plain(&quota[key]);
    format!("{} of {} for {} s", say("per_second"), say("rule"), say("seconds_left"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(sampler: Value) -> Vec<String> {
        let rows = rows(&json!({ "tracing": { "enabled": true, "sampler": sampler } }));
        rows.into_iter().map(|(name, value)| format!("{name}:{value}")).collect()
    }

    #[test]
    fn a_share_alone_needs_no_line() {
        let ratio = json!({ "sampler": "ratio", "operation_rules": 0, "keep_errors": false, "account": null });
        assert_eq!(said(ratio), [""; 0]);
        assert_eq!(rows(&json!({ "tracing": { "enabled": false, "sampler": { "keep_errors": true } } })), []);
    }

    #[test]
    fn what_decides_is_told_with_its_quotas() {
        let account = json!({
            "in_force": true, "rules": 3, "for_us": ["spored-low", "Default"], "age_seconds": 12,
            "quotas": [{ "rule": "spored-low", "per_second": 2, "seconds_left": 9 }], "problem": null,
        });
        let sampler = json!({ "sampler": "xray", "operation_rules": 2, "keep_errors": true, "account": account });
        assert_eq!(
            said(sampler),
            [
                "sampler:xray, 3 rules of 12 s ago, for this service: spored-low, Default; \
                 2 rules for operations; failures are kept",
                ":quota 2 of spored-low for 9 s",
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_its_remedy_and_what_x_ray_says_cannot_reach_the_terminal() {
        let account = json!({
            "in_force": false, "rules": null, "for_us": [], "age_seconds": null, "quotas": [],
            "problem": { "what": "AccessDenied\u{1b}[2J", "remedy": "allow it" },
        });
        assert_eq!(
            said(json!({ "account": account })),
            [
                "sampler:xray, rules not known; one trace a second and 5 % are kept",
                ":AccessDenied\\u{1b}[2J",
                ":allow it"
            ]
        );
    }
}
