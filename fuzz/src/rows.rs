//! Files of parameters, in every form that there is.

use crate::params::read;

/// A file is rows of variables, or an error in one line that says where.
pub fn parameters(bytes: &[u8]) {
    for name in ["params.json", "params.yaml", "params.csv"] {
        match read(name, bytes) {
            Ok(rows) => {
                let names = rows.iter().flat_map(|row| row.keys());
                assert!(!rows.is_empty() && names.clone().all(|name| !name.contains(['=', '\0'])));
                assert!(rows.iter().flat_map(|row| row.values()).all(|value| !value.contains('\0')));
            }
            Err(error) => assert!(error.to_string().starts_with(name)),
        }
    }
}
