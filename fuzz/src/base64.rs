//! As much of `aws_smithy_types::base64` as the linked files need.

use ::base64::Engine;
use ::base64::engine::general_purpose::STANDARD;

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

pub fn decode(text: impl AsRef<str>) -> Result<Vec<u8>, ::base64::DecodeError> {
    STANDARD.decode(text.as_ref())
}
