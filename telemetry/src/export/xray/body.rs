//! The body of a request, written straight from the documents.
//!
//! The SDK would copy each document and escape it byte by byte, which takes longer than to write the documents
//! (docs/performance.md). What it makes of an input without documents is replaced by this before it is signed.

use super::Document;

/// Bytes that are escaped at a time.
const BLOCK: usize = 64;

/// `{"TraceSegmentDocuments":["…","…"]}`.
pub(super) fn of(documents: &[&Document]) -> Vec<u8> {
    const BEGIN: &[u8] = b"{\"TraceSegmentDocuments\":[";
    const END: &[u8] = b"]}";
    let bytes: usize = documents.iter().map(|document| document.text.len()).sum();
    // Of a document, about one byte in six is a quote.
    let mut body = Vec::with_capacity(BEGIN.len() + END.len() + bytes + bytes / 4);
    body.extend_from_slice(BEGIN);
    for (place, document) in documents.iter().enumerate() {
        body.extend_from_slice(if place == 0 { b"\"" } else { b",\"" });
        escape(&document.text, &mut body);
        body.push(b'"');
    }
    body.extend_from_slice(END);
    body
}

/// Puts a backslash before quotes and backslashes. A document is JSON itself and has no control characters, which are all
/// that JSON would have escaped beside these.
fn escape(text: &str, into: &mut Vec<u8>) {
    let mut escaped = [0; 2 * BLOCK];
    for block in text.as_bytes().chunks(BLOCK) {
        let mut at = 0;
        for &byte in block {
            // Quotes come so irregularly that a branch would be guessed wrong for every other one of them.
            escaped[at % (2 * BLOCK)] = b'\\';
            at += usize::from(byte == b'"' || byte == b'\\');
            escaped[at % (2 * BLOCK)] = byte;
            at += 1;
        }
        into.extend_from_slice(&escaped[..at]);
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::SpanId;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::Of;
    use super::*;

    proptest! {
        #[test]
        fn a_reader_of_json_gets_the_documents_back(texts in proptest::collection::vec("[^\\x00-\\x1f]{0,300}|[\"\\\\]{0,200}", 0..5)) {
            let documents: Vec<_> = texts.iter().map(|text| {
                Document { id: SpanId::from(1), text: text.clone(), of: Of::Beside }
            }).collect();
            let body = of(&documents.iter().collect::<Vec<_>>());
            let read: Value = serde_json::from_slice(&body).unwrap();
            prop_assert_eq!(read, json!({ "TraceSegmentDocuments": texts }));
        }
    }
}
