//! Texts of others, of which secrets are taken out before they leave the host: once and for all.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../telemetry/src/redact.rs"]
#[expect(dead_code, reason = "the filter uses the rest")]
mod redact;

fuzz_target!(|text: &str| {
    let once = redact::redacted(text).into_owned();
    assert_eq!(redact::redacted(&once), once);
});
