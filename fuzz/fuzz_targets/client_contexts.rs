//! Client contexts of invocations.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| spawn_fuzz::documents(input));
