//! Messages that may carry a trace in their body.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| spawn_fuzz::messages(input));
