//! Headers of AWS that carry a trace.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| spawn_fuzz::headers(input));
