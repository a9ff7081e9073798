//! The `http` block.

use super::document::{Http, Request, Response};
use super::facts::Facts;
use super::value::cut;

/// Longest text in the block, in characters.
const LONGEST: usize = 1000;

/// Request and response as far as they are known.
pub(super) fn block(facts: &Facts<'_>) -> Option<Http> {
    let text = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().map(|text| cut(text, LONGEST));
    let request = Request {
        method: text(&facts.method),
        url: facts.url.as_deref().map(|url| cut(without_secrets(url).as_str(), LONGEST)),
        user_agent: text(&facts.user_agent),
        client_ip: text(&facts.client_ip),
    };
    let response = Response { status: facts.status, content_length: facts.content_length };
    let http = Http {
        request: (request != Request::default()).then_some(request),
        response: (response != Response::default()).then_some(response),
    };
    (http != Http::default()).then_some(http)
}

/// The URL without user, password and query: a presigned query is as good as a key.
fn without_secrets(url: &str) -> String {
    let bare = url.split(['?', '#']).next().unwrap_or_default();
    match bare.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}{path}")
        }
        None => bare.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_secrets() {
        let cases = [
            ("https://b.s3.amazonaws.com/k?X-Amz-Signature=abc", "https://b.s3.amazonaws.com/k"),
            ("https://user:pass@host/a@b#f", "https://host/a@b"),
            ("/relative?token=1", "/relative"),
            ("https://host", "https://host"),
        ];
        for (url, expected) in cases {
            assert_eq!(without_secrets(url), expected);
        }
    }
}
