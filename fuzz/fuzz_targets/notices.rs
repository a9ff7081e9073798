//! Notices to a spot instance.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| spawn_fuzz::notices(input));
