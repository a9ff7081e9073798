//! Carried trace contexts.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| spawn_fuzz::carriers(input));
