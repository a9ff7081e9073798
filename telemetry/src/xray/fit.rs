//! Makes a document fit into what X-Ray takes, by cutting in a fixed order, and says so in the document.

use serde_json::{Map, Value as Json};

use super::document::{Cause, Document};
use super::value::cut;

/// Largest document that is sent, in bytes; X-Ray takes 64 KB.
pub(super) const LIMIT: usize = 64_000;

/// Namespace of the metadata that is spawn's own.
pub(super) const OWN: &str = "spawn";

/// Lengths, in characters, to which the strings of the metadata are cut, one after the other.
const LENGTHS: [usize; 4] = [8192, 1024, 256, 64];

/// The document's text, at most [`LIMIT`] bytes of it: first the longest strings of the metadata are cut, then stacks go,
/// then the metadata, and at last every text that has no limit in the format.
pub(super) fn text(mut document: Document) -> String {
    let mut text = write(&document);
    for step in 0.. {
        if text.len() <= LIMIT || !shrink(&mut document, step) {
            break;
        }
        document.metadata.entry(OWN).or_default().insert("truncated".to_owned(), Json::Bool(true));
        text = write(&document);
    }
    text
}

/// One cut; false when there is none left.
fn shrink(document: &mut Document, step: usize) -> bool {
    let cut: &dyn Fn(&mut Document) = match step {
        _ if step < LENGTHS.len() => &|part: &mut Document| cut_metadata(part, LENGTHS[step]),
        4 => &drop_stacks,
        5 => &|part: &mut Document| part.metadata.clear(),
        6 => &to_the_bone,
        _ => return false,
    };
    cut(document);
    document.subsegments.iter_mut().for_each(cut);
    true
}

fn cut_metadata(part: &mut Document, longest: usize) {
    for value in part.metadata.values_mut().flat_map(Map::values_mut) {
        cut_strings(value, longest);
    }
}

fn cut_strings(value: &mut Json, longest: usize) {
    match value {
        Json::String(text) if text.len() > longest => *text = cut(text, longest),
        Json::Array(items) => {
            items.truncate(longest);
            items.iter_mut().for_each(|item| cut_strings(item, longest));
        }
        Json::Object(fields) => fields.values_mut().for_each(|field| cut_strings(field, longest)),
        _ => {}
    }
}

fn drop_stacks(part: &mut Document) {
    if let Some(Cause::Told { exceptions }) = &mut part.cause {
        for exception in exceptions {
            exception.truncated += exception.stack.len();
            exception.stack.clear();
        }
    }
}

/// Names, ids, times and flags stay; what else there is stays in brief.
fn to_the_bone(part: &mut Document) {
    const SHORT: usize = 100;
    part.links.truncate(SHORT);
    part.links.iter_mut().for_each(|link| link.attributes.clear());
    part.aws.values_mut().chain(part.annotations.values_mut()).for_each(|value| cut_strings(value, SHORT));
    part.aws.values_mut().for_each(|value| {
        if let Json::Array(items) = value {
            items.truncate(10);
        }
    });
    if let Some(Cause::Told { exceptions }) = &mut part.cause {
        exceptions.truncate(3);
        for exception in exceptions {
            for text in [&mut exception.kind, &mut exception.message].into_iter().flatten() {
                *text = cut(text, SHORT);
            }
        }
    }
    if let Some(request) = part.http.as_mut().and_then(|http| http.request.as_mut()) {
        for text in [&mut request.method, &mut request.url, &mut request.user_agent, &mut request.client_ip] {
            *text = text.take().map(|text| cut(&text, SHORT));
        }
    }
}

fn write(document: &Document) -> String {
    // Every key of a document is a string and every number is finite, which is all that can go wrong.
    serde_json::to_string(document).expect("a document has string keys and finite numbers")
}
