//! Files of parameters.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| spawn_fuzz::parameters(input));
