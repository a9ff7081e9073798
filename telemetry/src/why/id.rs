//! The ids by which one may ask.

use opentelemetry::trace::TraceId;

use crate::propagation::{hex, xray_trace_id};

/// Longest request id: S3's have 16 characters, DynamoDB's 52, and there is room.
const LONGEST: usize = 128;

/// An id as it was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Trace(TraceId),
    /// Of an AWS call.
    Request(String),
}

impl Asked {
    /// Reads an id in any of its forms; capitals do not matter in a trace's.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'/' | b'=' | b'.');
        if text.is_empty() || text.len() > LONGEST || !text.bytes().all(plain) {
            return None;
        }
        let small = text.to_ascii_lowercase();
        let w3c = || hex(&small, 32).filter(|id| *id != 0).map(TraceId::from);
        Some(match xray_trace_id(&small).or_else(w3c) {
            Some(trace_id) => Self::Trace(trace_id),
            None => Self::Request(text.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_trace_id_are_the_same_trace_and_the_rest_are_requests() {
        let trace = Some(Asked::Trace(TraceId::from(0x5840_6520_a006_6491_27e3_7190_3a2d_e979)));
        for text in [
            "58406520a006649127e371903a2de979",
            "58406520A006649127E371903A2DE979",
            "1-58406520-a006649127e371903a2de979",
            " 1-58406520-A006649127E371903A2DE979\n",
        ] {
            assert_eq!(Asked::read(text), trace, "{text:?}");
        }
        for request in ["0DBJ1H8N2M5PDS9T", "dc2c8bd1-1c3c-4d0b-9d4b-3d8e8c1f2a3b", "58406520a006649127e371903a2de97"] {
            assert_eq!(Asked::read(request), Some(Asked::Request(request.to_owned())));
        }
        let long = "a".repeat(LONGEST + 1);
        for nothing in ["", "  ", "a b", "\u{1b}[2J", "a\nb", &long] {
            assert_eq!(Asked::read(nothing), None, "{nothing:?}");
        }
    }
}
