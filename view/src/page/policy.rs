//! What the page may load and run: itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// The content-security policy of a page with this script and this style, and no other. A live page may also ask the
/// server that it came from.
pub(super) fn policy(script: &str, style: &str, live: bool) -> String {
    let connect = if live { "'self'" } else { "'none'" };
    format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data:; connect-src {connect}; base-uri 'none'; \
         form-action 'none'",
        hash(script),
        hash(style)
    )
}

fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_what_it_allows_by_its_hash() {
        // printf alert | openssl dgst -sha256 -binary | base64
        let expected = "default-src 'none'; script-src 'sha256-35BQWN1npAn++BSA6B5HNlcrDttNf7mHxpXNB+Jg7IE='; style-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; \
            img-src data:; connect-src 'none'; base-uri 'none'; form-action 'none'";
        assert_eq!(policy("alert", "", false), expected);
        assert!(policy("alert", "", true).contains("connect-src 'self'"));
    }
}
