//! Texts with secrets in them.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| spawn_fuzz::redaction(input));
