//! Names of a task's objects.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| spawn_fuzz::objects(input));
