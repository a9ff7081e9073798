//! Why a span failed, in words.

use crate::span::{Outcome, Span, text_of};

/// Why a span failed, in one sentence; none if it did not. What a service says comes before what a program made of it.
#[must_use]
pub fn cause(span: &Span) -> Option<String> {
    let Outcome::Error(said) = &span.outcome else { return None };
    let exception = span.events.iter().rev().find(|event| event.name == "exception");
    let of_exception = |key: &str| {
        let pair = exception?.attributes.iter().find(|pair| pair.key == key)?;
        pair.value.as_ref().map(|value| text_of(value).into_owned())
    };
    let given = |text: &String| !text.trim().is_empty();
    let kind = span.text("error.type").map(String::from).or_else(|| of_exception("exception.type")).filter(given);
    let words = Some(said.clone()).filter(given);
    let words = words
        .or_else(|| span.text("error.message").map(String::from))
        .or_else(|| of_exception("exception.message"))
        .filter(given);
    let status = || {
        let status = ["http.response.status_code", "http.status_code"].iter().find_map(|key| span.text(key));
        status.map(|status| format!("status {status}"))
    };
    Some(match (kind, words) {
        (Some(kind), Some(words)) if words.contains(&kind) => words,
        (Some(kind), Some(words)) => format!("{kind}: {words}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => status().unwrap_or_else(|| "failed, for no reason that was given".to_owned()),
    })
}
