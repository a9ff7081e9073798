//! Commands of tasks, with braces.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| spawn_fuzz::braces(input));
