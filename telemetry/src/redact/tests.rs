//! Secrets of every shape go, and what only looks like one stays.

use proptest::prelude::*;

use super::*;

/// A text with a secret in `«»`, which is how the cases below mark what must go.
fn check(marked: &str) {
    let text: String = marked.chars().filter(|character| !matches!(character, '«' | '»')).collect();
    let mut expected = String::new();
    let mut rest = marked;
    while let Some((before, after)) = rest.split_once('«') {
        expected.push_str(before);
        expected.push_str(REDACTED);
        rest = after.split_once('»').unwrap().1;
    }
    expected.push_str(rest);
    assert_eq!(redacted(&text), expected, "{marked}");
}

#[test]
fn secrets_of_known_shapes_are_taken_out() {
    let secrets = include_str!("../../../tests/data/hostile/secrets.txt");
    let cases = secrets.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    for case in cases {
        check(&case.replace("\\n", "\n"));
    }
}

#[test]
fn what_is_no_secret_stays() {
    let innocent = include_str!("../../../tests/data/hostile/innocent.txt");
    let cases = innocent.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    for case in cases {
        assert_eq!(redacted(case), case);
    }
    for case in ["", "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----"] {
        assert!(matches!(redacted(case), Cow::Borrowed(_)), "{case}");
    }
}

#[test]
fn every_parameter_is_found_wherever_it_stands() {
    for name in ["X-Amz-Signature=", "X-Amz-Credential=", "X-Amz-Security-Token=", "AWSAccessKeyId=", "Signature="] {
        assert_eq!(redacted(&format!("{name}abc&b=1")), format!("{name}[redacted]&b=1"));
    }
}

#[test]
fn what_was_redacted_before_is_left_as_it_is() {
    for text in ["https://[redacted]@host", "password=[redacted]&b", "Bearer [redacted]"] {
        assert!(matches!(redacted(text), Cow::Borrowed(_)), "{text}");
    }
}

#[test]
fn a_text_of_signs_alone_takes_no_time() {
    let started = std::time::Instant::now();
    for sign in [
        "=",
        ":",
        "://",
        "-",
        "-----BEGIN RSA PRIVATE KEY-----",
        "eyJ",
        "eyJ.",
        "-eyJ",
        "password=",
        "cookie:",
        "x:\"",
        "secret=\"",
        "token='",
        "ghp_",
        "Bearer ",
        "AKIA",
        "IQoJb3JpZ2lu",
        "hooks.slack.com/services/",
        "@",
        "://a@",
    ] {
        let text = sign.repeat(200_000 / sign.len());
        assert!(redacted(&text).len() < 2_200_000, "{sign}");
    }
    assert!(started.elapsed() < std::time::Duration::from_secs(60), "{:?}", started.elapsed());
}

proptest! {
    #[test]
    fn any_text_is_redacted_once_and_for_all(
        text in "(://|@|Signature=|token: |\"|\\\\|cookie: |Bearer |Some\\(|=|ghp_[a-z0-9]{30}|AKIA[A-Z0-9]{16}|eyJ|\\.|-----BEGIN |PRIVATE KEY-----|.){0,30}"
    ) {
        let once = redacted(&text).into_owned();
        prop_assert_eq!(redacted(&once), once.as_str());
    }

    #[test]
    fn a_secret_is_found_whatever_stands_around_it(before in "[ -~é]{0,20}[ (\"'/]", after in "[ )\"',][ -~é]{0,20}") {
        for secret in ["AKIAIOSFODNN7EXAMPLE", "ghp_0123456789abcdefghijABCDEFGHIJ012345", "eyJhbGciOi.eyJzdWIi.c2ln"] {
            let clean = redacted(&format!("{before}{secret}{after}")).into_owned();
            prop_assert!(!clean.contains(secret), "{}", clean);
        }
    }
}
