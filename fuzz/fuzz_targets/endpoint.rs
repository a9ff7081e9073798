//! Addresses for spans.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| spawn_fuzz::endpoint(input));
