//! Texts of users: errors with secrets in them, and user data.

use crate::redact::redacted;
use crate::user_data::{Agent, Contents, LIMIT, build};

/// Secrets are taken out once and for all.
pub fn redaction(text: &str) {
    let once = redacted(text).into_owned();
    assert_eq!(redacted(&once), once);
}

/// The user's own user data beside what brings the agent: it fits, or it is refused.
pub fn user_data(bytes: &[u8]) {
    let agent = Agent {
        region: "us-east-1".to_owned(),
        account: "123456789012".to_owned(),
        bucket: "spawn-agents".to_owned(),
        key: "spored/x86_64".to_owned(),
        url: "https://spawn-agents.s3.us-east-1.amazonaws.com/spored/x86_64".to_owned(),
        sha256: "0".repeat(64),
        link: None,
        table: None,
    };
    if let Ok(built) = build(Contents { user: Some(bytes), agent: Some(&agent), pre_stop: Some(bytes), tasks: true }) {
        assert!(built.is_some_and(|data| !data.is_empty() && data.len() <= LIMIT));
    }
    drop(build(Contents { user: Some(bytes), agent: None, pre_stop: None, tasks: false }));
}
