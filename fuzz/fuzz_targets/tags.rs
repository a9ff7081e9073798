//! Tags of an instance.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| spawn_fuzz::tags(input));
