//! Requests into which a trace is put.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| spawn_fuzz::requests(input));
