//! The role's credentials, which may expire and rotate, and instants as the service writes them.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

/// What was given out.
#[derive(Debug, Default)]
pub(super) struct Credentials {
    /// How long they are valid; for ever, and always the same, without.
    pub(super) lifetime: Option<Duration>,
    pub(super) reads: u64,
}

impl Credentials {
    /// The next document, at this second since 1970.
    pub(super) fn next(&mut self, now: i64) -> String {
        self.reads += 1;
        let (key, expiration) = match self.lifetime {
            None => ("ASIAIOSFODNN7EXAMPLE".to_owned(), "2099-01-01T00:00:00Z".to_owned()),
            Some(lifetime) => {
                let end = now.saturating_add(i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX));
                (format!("ASIAROTATES{:09}", self.reads), rfc_3339(end))
            }
        };
        let credentials = json!({
            "Code": "Success",
            "LastUpdated": rfc_3339(now),
            "Type": "AWS-HMAC",
            "AccessKeyId": key,
            "SecretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "Token": "a-session-token-of-no-worth",
            "Expiration": expiration,
        });
        format!("{credentials:#}")
    }
}

fn rfc_3339(second: i64) -> String {
    instant(second).to_string()
}

/// As RFC 9110 wants it in `Date`.
pub(super) fn http_date(second: i64) -> String {
    instant(second).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_as_the_service_writes_them() {
        assert_eq!(rfc_3339(1_709_210_096), "2024-02-29T12:34:56Z");
        assert_eq!(http_date(1_709_210_096), "Thu, 29 Feb 2024 12:34:56 GMT");
    }
}
