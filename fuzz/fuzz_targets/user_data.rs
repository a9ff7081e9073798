//! User data.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| spawn_fuzz::first_boot(input));
