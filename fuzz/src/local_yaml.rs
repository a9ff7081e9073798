//! Any bytes as `local.yaml`.

use spawn_config::{Layers, tags};

/// Settings, or one line that says what is wrong.
pub fn local_yaml(bytes: &[u8]) {
    match Layers::new().local_yaml_bytes("local.yaml", bytes) {
        Ok(layers) => {
            let resolved = layers.resolve();
            resolved.list();
            // What can be written as tags is read again.
            let written = tags::write(&resolved.settings);
            assert!(Layers::new().tags(written.clone()).is_ok(), "{written:?}");
        }
        Err(error) => assert!(!error.to_string().contains(char::is_control), "{error:?}"),
    }
}
