//! Takes secrets of known shapes out of texts that others wrote, such as error messages, before they leave the host.

use std::borrow::Cow;

/// What stands in place of a value that is not shown.
pub(crate) const REDACTED: &str = "[redacted]";
/// A text with none of these holds no secret of a known shape; most texts have none.
const SIGNS: [&str; 9] =
    ["://", "AKIA", "ASIA", "eyJ", "PRIVATE KEY-----", "ignature=", "redential=", "ecurity-", "ccessKeyId="];
/// Parameters of a URL whose values are as good as a key, in lower case.
const PARAMETERS: [&str; 5] =
    ["x-amz-signature=", "x-amz-credential=", "x-amz-security-token=", "awsaccesskeyid=", "signature="];

/// The text without user and password of URLs, parameters of presigned URLs, AWS access key ids, JSON web tokens and
/// private keys.
pub(crate) fn redacted(text: &str) -> Cow<'_, str> {
    if !SIGNS.iter().any(|sign| text.contains(sign)) {
        return Cow::Borrowed(text);
    }
    let text = without_private_keys(text);
    let text = without_users(&text);
    let text = without_parameters(&text);
    Cow::Owned(without_tokens(&text))
}

/// From the line that begins a private key to the one that ends it, or to the end of the text.
fn without_private_keys(text: &str) -> String {
    const BEGIN: &str = "-----BEGIN ";
    const END: &str = "-----END ";
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(BEGIN) {
        let (before, key) = rest.split_at(start);
        clean.push_str(before);
        let label = &key[BEGIN.len()..];
        if !label.split("-----").next().is_some_and(|label| label.ends_with("PRIVATE KEY")) {
            clean.push_str(BEGIN);
            rest = label;
            continue;
        }
        clean.push_str(REDACTED);
        let after = key.split_once(END).map_or("", |(_, end)| end);
        rest = after.split_once("-----").map_or("", |(_, after)| after);
    }
    clean + rest
}

/// `https://user:password@host` without what is before the `@`.
fn without_users(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        clean.push_str(before);
        clean.push_str("://");
        let authority = after.split(|character| ends_value(character) || character == '/' || character == '?').next();
        rest = match authority.and_then(|authority| authority.rfind('@')) {
            Some(at) => {
                clean.push_str(REDACTED);
                &after[at..]
            }
            None => after,
        };
    }
    clean + rest
}

fn without_parameters(text: &str) -> String {
    let lower_case = text.to_ascii_lowercase();
    let mut clean = String::with_capacity(text.len());
    let mut from = 0;
    // The first parameter from here on; of two at one place the longer name.
    let next = |from: usize| {
        let found = PARAMETERS.iter().filter_map(|name| Some((lower_case[from..].find(name)? + from, name.len())));
        found.min()
    };
    while let Some((start, length)) = next(from) {
        let value = start + length;
        clean.push_str(&text[from..value]);
        let end = text[value..].find(|character| ends_value(character) || character == '&');
        from = end.map_or(text.len(), |end| value + end);
        if from > value {
            clean.push_str(REDACTED);
        }
    }
    clean + &text[from..]
}

fn ends_value(character: char) -> bool {
    character.is_whitespace() || matches!(character, '"' | '\'' | '<' | '>' | ',' | ';' | ')')
}

/// Words that are access key ids or JSON web tokens.
fn without_tokens(text: &str) -> String {
    let is_part = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.');
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let end = rest[start..].find(|character| !is_part(character)).map_or(rest.len(), |end| start + end);
        let word = &rest[start..end];
        clean.push_str(&rest[..start]);
        clean.push_str(if is_access_key_id(word) || is_web_token(word) { REDACTED } else { word });
        rest = &rest[end..];
    }
    clean + rest
}

fn is_access_key_id(word: &str) -> bool {
    let word = word.trim_end_matches('.');
    let plain = word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    word.len() == 20 && plain && (word.starts_with("AKIA") || word.starts_with("ASIA"))
}

/// Header, payload and perhaps a signature with dots between; the first two are JSON objects in base64.
fn is_web_token(word: &str) -> bool {
    let mut parts = word.split('.');
    let is_object = |part: Option<&str>| part.is_some_and(|part| part.starts_with("eyJ"));
    is_object(parts.next()) && is_object(parts.next())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn secrets_of_known_shapes_are_taken_out() {
        let cases = [
            ("GET https://kim:hunter2@host/a@b failed", "GET https://[redacted]@host/a@b failed"),
            (
                "no https://b/k?X-Amz-Credential=AKID%2F1&X-Amz-Date=2&X-Amz-Signature=abc, sorry",
                "no https://b/k?X-Amz-Credential=[redacted]&X-Amz-Date=2&X-Amz-Signature=[redacted], sorry",
            ),
            ("x-amz-security-token=abc", "x-amz-security-token=[redacted]"),
            ("User AKIAIOSFODNN7EXAMPLE is unknown", "User [redacted] is unknown"),
            ("(ASIAIOSFODNN7EXAMPLE)", "([redacted])"),
            ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl expired", "token [redacted] expired"),
            ("key -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- ends", "key [redacted] ends"),
            ("cut -----BEGIN PRIVATE KEY-----\nMIIE", "cut [redacted]"),
        ];
        for (text, expected) in cases {
            assert_eq!(redacted(text), expected);
        }
    }

    #[test]
    fn every_parameter_is_found_wherever_it_stands() {
        for name in ["X-Amz-Signature=", "X-Amz-Credential=", "X-Amz-Security-Token=", "AWSAccessKeyId=", "Signature="]
        {
            assert_eq!(redacted(&format!("{name}abc&b=1")), format!("{name}[redacted]&b=1"));
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "User: arn:aws:iam::123456789012:user/kim is not authorized to perform: xray:PutTraceSegments",
            "http://127.0.0.1:4318/v1/traces and https://host, mail kim@host",
            "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
            "AKIA is how access key ids begin, eyJ how tokens do",
            "",
        ] {
            assert_eq!(redacted(text), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_redacted_once_and_for_all(text in "(://|@|Signature=|AKIA[A-Z0-9]{16}|eyJ|\\.|-----BEGIN |PRIVATE KEY-----|.){0,30}") {
            let once = redacted(&text).into_owned();
            prop_assert_eq!(redacted(&once), once.as_str());
        }
    }
}
