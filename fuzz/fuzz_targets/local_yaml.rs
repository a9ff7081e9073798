//! The file `local.yaml`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| spawn_fuzz::local_yaml(input));
