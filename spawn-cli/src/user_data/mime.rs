//! A MIME message of several parts, as cloud-init reads it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write;

/// Bytes of a line of base64 (RFC 2045).
const LINE: usize = 76;
/// How far into a text cloud-init looks for the header that makes it a message.
const LOOKED_AT: usize = 4096;

/// One part.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part<'a> {
    /// Any bytes.
    Bytes { content_type: &'static str, name: &'static str, bytes: &'a [u8] },
    /// ASCII, which stays readable and compresses well.
    Text { content_type: &'static str, name: &'static str, text: &'a str },
    /// A message with headers of its own, kept to the letter.
    Message(&'a str),
}

/// The parts in one message.
pub(super) fn multipart<'a>(parts: impl Iterator<Item = Part<'a>>) -> Vec<u8> {
    let parts: Vec<Part<'_>> = parts.collect();
    let boundary = boundary(&parts);
    let mut text = format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\nMIME-Version: 1.0\n\n");
    for part in parts {
        let part = match part {
            Part::Message(message) => message.to_owned(),
            Part::Bytes { content_type, name, bytes } => head(content_type, name, "base64") + &base64(bytes),
            Part::Text { content_type, name, text } => head(content_type, name, "7bit") + text,
        };
        write!(text, "--{boundary}\n{part}\n").expect("writing into memory does not fail");
    }
    (text + "--" + &boundary + "--\n").into_bytes()
}

/// Whether this is a message already: cloud-init takes a text for one when it finds this header early on.
pub(super) fn is_message(bytes: &[u8]) -> bool {
    let early = &bytes[..bytes.len().min(LOOKED_AT)];
    let first = early.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let name = first.split(|byte| *byte == b':').next().unwrap_or_default();
    let is_header = first.contains(&b':')
        && !name.is_empty()
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    is_header && early.to_ascii_lowercase().windows(13).any(|window| window == b"mime-version:")
}

fn head(content_type: &str, name: &str, encoding: &str) -> String {
    format!(
        "Content-Type: {content_type}; charset=\"utf-8\"\nMIME-Version: 1.0\nContent-Transfer-Encoding: {encoding}\n\
         Content-Disposition: attachment; filename=\"{name}\"\n\n"
    )
}

fn base64(bytes: &[u8]) -> String {
    let encoded = STANDARD.encode(bytes);
    let mut rest = encoded.as_str();
    let mut text = String::with_capacity(encoded.len() + encoded.len() / LINE + 1);
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text
}

/// A boundary that no part contains. Base64 has no hyphen, so only the others matter.
fn boundary(parts: &[Part<'_>]) -> String {
    let taken = |candidate: &String| {
        parts.iter().any(|part| match part {
            Part::Message(text) | Part::Text { text, .. } => text.contains(candidate.as_str()),
            Part::Bytes { .. } => false,
        })
    };
    let mut candidates = (0_u64..).map(|number| format!("=-spawn-{number}-="));
    candidates.find(|candidate| !taken(candidate)).expect("a finite text does not contain every number")
}
