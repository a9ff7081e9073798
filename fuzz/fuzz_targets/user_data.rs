//! The user's own user data beside what brings the agent: it fits, or it is refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use user_data::{Agent, Contents, LIMIT, build};

#[path = "../../spawn-cli/src/user_data.rs"]
mod user_data;

fuzz_target!(|bytes: &[u8]| {
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
    let built = build(Contents { user: Some(bytes), agent: Some(&agent), pre_stop: Some(bytes) });
    if let Ok(built) = built {
        assert!(built.is_some_and(|data| !data.is_empty() && data.len() <= LIMIT));
    }
    drop(build(Contents { user: Some(bytes), agent: None, pre_stop: None }));
});
