//! The `http` block.

use std::borrow::Cow;

use super::facts::{Facts, whole};
use super::limits::DETAIL;
use super::pen::Pen;
use super::segment::Parts;
use super::shape::Form;
use super::table::Slot;

/// Request and response as far as they are known.
pub(super) fn write(pen: &mut Pen<'_>, parts: &Parts<'_>) {
    let facts = &parts.facts;
    let block = pen.open("http");
    let request = pen.open("request");
    if let Some(method) = facts.text(Slot::Method) {
        pen.field("method", method, DETAIL);
    }
    if let Some(url) = facts.text(Slot::Url) {
        pen.field("url", &without_secrets(url), DETAIL);
    } else if !facts.known.is_aws {
        url_of_parts(pen, facts);
    }
    if let Some(agent) = facts.text(Slot::UserAgent) {
        pen.field("user_agent", agent, DETAIL);
    }
    client(pen, facts);
    // A promise that the other side reports a segment: until it does, X-Ray calls the trace broken. Whoever knows, says so.
    if parts.shape.form != Form::Segment && facts.get(Slot::Traced).is_some_and(|traced| traced.as_str() == "true") {
        pen.flag("traced");
    }
    pen.close(request);
    let response = pen.open("response");
    if let (Some(_), Some(status)) = (facts.get(Slot::Status), facts.known.status) {
        pen.count("status", status);
    }
    if let Some(length) = facts.get(Slot::ContentLength).and_then(whole) {
        pen.count("content_length", length);
    }
    pen.close(response);
    pen.close(block);
}

/// An address that is not that of the other end of the connection was told by a header, which anybody can write.
fn client(pen: &mut Pen<'_>, facts: &Facts<'_>) {
    let Some(client) = facts.text(Slot::ClientIp) else { return };
    pen.field("client_ip", client, DETAIL);
    if facts.text(Slot::NetworkPeer).is_some_and(|peer| peer != client) {
        pen.flag("x_forwarded_for");
    }
}

/// The URL of a request whose parts alone are known.
fn url_of_parts(pen: &mut Pen<'_>, facts: &Facts<'_>) {
    let (Some(host), path) = (facts.text(Slot::ServerAddress), facts.text(Slot::Path)) else { return };
    let scheme = facts.text(Slot::Scheme);
    if scheme.is_none() && path.is_none() {
        return;
    }
    let scheme = scheme.unwrap_or("http");
    let port = facts.get(Slot::ServerPort).and_then(whole);
    let usual = if scheme == "https" { 443 } else { 80 };
    let port = port.filter(|port| *port != usual && !host.contains(':'));
    let port = port.map_or_else(String::new, |port| format!(":{port}"));
    let path = path.unwrap_or("/");
    let slash = if path.starts_with('/') { "" } else { "/" };
    pen.field("url", &without_secrets(&format!("{scheme}://{host}{port}{slash}{path}")), DETAIL);
}

/// The URL without user, password and query: a presigned query is as good as a key.
pub(super) fn without_secrets(url: &str) -> Cow<'_, str> {
    let bare = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = bare.split_once("://") else { return Cow::Borrowed(bare) };
    let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    match authority.rsplit_once('@') {
        Some((_, host)) => Cow::Owned(format!("{scheme}://{host}{path}")),
        None => Cow::Borrowed(bare),
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
