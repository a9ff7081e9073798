//! The body of a request, written straight from the documents.
//!
//! The SDK would copy each document and escape it byte by byte, which takes longer than to write the documents
//! (docs/performance.md). What it makes of an input without documents is replaced by this before it is signed.

use super::Document;

/// Bytes that are escaped at a time: as many as a number has bits.
const BLOCK: usize = 64;
/// Bytes between two quotes that are copied at once.
const RUN: usize = 16;
/// The lowest bit of each byte.
const ONES: u64 = u64::MAX / 255;
/// Times this, the lowest bits of eight bytes meet in the highest byte.
const SIDE_BY_SIDE: u64 = 0x0102_0408_1020_4080;

/// Writes `{"TraceSegmentDocuments":["…","…"]}` in place of what is there.
pub(super) fn write(documents: &[&Document], body: &mut Vec<u8>) {
    const BEGIN: &[u8] = b"{\"TraceSegmentDocuments\":[";
    const END: &[u8] = b"]}";
    let bytes: usize = documents.iter().map(|document| document.text.len()).sum();
    // Of a document, about one byte in six is a quote.
    body.clear();
    body.reserve(BEGIN.len() + END.len() + bytes + bytes / 4);
    body.extend_from_slice(BEGIN);
    for (place, document) in documents.iter().enumerate() {
        body.extend_from_slice(if place == 0 { b"\"" } else { b",\"" });
        escape(&document.text, body);
        body.push(b'"');
    }
    body.extend_from_slice(END);
}

/// Puts a backslash before quotes and backslashes. A document is JSON itself and has no control characters, which are all
/// that JSON would have escaped beside these.
///
/// Quotes come so often and so irregularly that whatever looks at each byte takes longer than the rest of the request. So they
/// are found eight bytes at a time, and what is between two of them is copied as a whole.
fn escape(text: &str, into: &mut Vec<u8>) {
    let mut escaped = [0; 2 * BLOCK + RUN];
    let mut read = [0; BLOCK + RUN];
    for block in text.as_bytes().chunks(BLOCK) {
        read[..block.len()].copy_from_slice(block);
        let (mut hits, mut from, mut at) = (hits(block, &read), 0, 0);
        while hits != 0 {
            let hit = hits.trailing_zeros() as usize;
            hits &= hits - 1;
            at = copied(&read, from, hit, &mut escaped, at);
            escaped[at] = b'\\';
            at += 1;
            from = hit;
        }
        at = copied(&read, from, block.len(), &mut escaped, at);
        into.extend_from_slice(&escaped[..at]);
    }
}

/// Copies a run, and says where it ends there. Nearly all are short, and one copy of a fixed length does for them: what it
/// brings too many is overwritten by the next.
#[inline]
fn copied(read: &[u8; BLOCK + RUN], from: usize, to: usize, into: &mut [u8; 2 * BLOCK + RUN], at: usize) -> usize {
    let end = at + to - from;
    into[at..at + RUN].copy_from_slice(&read[from..from + RUN]);
    if to - from > RUN {
        into[at + RUN..end].copy_from_slice(&read[from + RUN..to]);
    }
    end
}

/// A bit for each byte of the block that needs a backslash, the first byte's the lowest.
#[inline]
fn hits(block: &[u8], read: &[u8; BLOCK + RUN]) -> u64 {
    let (words, _) = read[..BLOCK].as_chunks::<8>();
    let all = words.iter().enumerate().fold(0, |all, (place, word)| {
        let word = u64::from_le_bytes(*word);
        let found = zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\')));
        // The highest bits of the eight bytes, side by side.
        all | ((found >> 7).wrapping_mul(SIDE_BY_SIDE) >> 56) << (8 * place)
    });
    // Behind a short block stands what was there before.
    if block.len() < BLOCK { all & ((1 << block.len()) - 1) } else { all }
}

/// The highest bit of each byte that is zero, and no other.
#[inline]
const fn zeros(word: u64) -> u64 {
    const LOWER: u64 = ONES * 0x7f;
    !(((word & LOWER) + LOWER) | word | LOWER)
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
        fn a_reader_of_json_gets_the_documents_back(texts in proptest::collection::vec("[^\\x00-\\x1f]{0,300}|[\"\\\\]{0,200}|([a-z]{0,40}[\"\\\\]){0,12}", 0..5)) {
            let documents: Vec<_> = texts.iter().map(|text| {
                Document { id: SpanId::from(1), text: text.clone(), of: Of::Beside }
            }).collect();
            let mut body = b"what was there".to_vec();
            write(&documents.iter().collect::<Vec<_>>(), &mut body);
            let read: Value = serde_json::from_slice(&body).unwrap();
            prop_assert_eq!(read, json!({ "TraceSegmentDocuments": texts }));
        }
    }
}
