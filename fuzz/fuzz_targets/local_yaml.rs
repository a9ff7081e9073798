//! Any bytes as `local.yaml`: settings or one line that says what is wrong.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spawn_config::{Layers, tags};

fuzz_target!(|bytes: &[u8]| {
    match Layers::new().local_yaml_bytes("local.yaml", bytes) {
        Ok(layers) => {
            let resolved = layers.resolve();
            resolved.list();
            // What can be written as tags is read back as it was.
            let written = tags::write(&resolved.settings);
            assert!(Layers::new().tags(written).is_ok());
        }
        Err(error) => assert!(!error.to_string().contains(char::is_control), "{error:?}"),
    }
});
