//! Input that was written to do harm: corpora of `tests/data/hostile`, each line with what must become of it.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use spawn_config::{Endpoint, Layers, Source, tags};

const REGION: Option<&str> = Some("us-east-1");

/// The lines of a corpus but for remarks: the verdict, and the text with its escapes undone.
fn corpus(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| line.split_once(' ').unwrap())
        .map(|(verdict, rest)| (verdict.to_owned(), raw(rest.trim_start())))
        .collect()
}

fn raw(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        out.push(match rest.next().unwrap() {
            'r' => '\r',
            'n' => '\n',
            't' => '\t',
            '0' => '\0',
            'u' => {
                let digits: String = rest.by_ref().skip(1).take_while(|&digit| digit != '}').collect();
                char::from_u32(u32::from_str_radix(&digits, 16).unwrap()).unwrap()
            }
            other => panic!("no such escape: {other}"),
        });
    }
    out
}

fn verdict(text: &str) -> &'static str {
    match text.parse::<Endpoint>() {
        Err(_) => "refused",
        Ok(endpoint) if endpoint.allowed_from_tag(&[], REGION) => "tag",
        Ok(_) => "operator",
    }
}

#[test]
fn every_endpoint_of_the_corpus_gets_its_verdict() {
    let corpus = corpus(include_str!("../../tests/data/hostile/endpoints.txt"));
    let wrong: Vec<_> = corpus.iter().filter(|(expected, text)| verdict(text) != expected).collect();
    assert_eq!(wrong, Vec::<&(String, String)>::new());
    let with = |verdict: &str| corpus.iter().filter(|(expected, _)| expected == verdict).count();
    assert!(["tag", "operator", "refused"].map(with).iter().all(|&lines| lines >= 15), "{} lines", corpus.len());
}

#[test]
fn a_tag_puts_no_endpoint_in_force_that_it_may_not_name() {
    for (expected, text) in corpus(include_str!("../../tests/data/hostile/endpoints.txt")) {
        let (layers, errors) =
            Layers::new().in_region(REGION).tags_lenient([(tags::TRACING_ENDPOINT.to_owned(), text.clone())]);
        let endpoint = layers.resolve().settings.tracing.endpoint;
        assert_eq!((endpoint.is_some(), errors.is_empty()), (expected == "tag", expected == "tag"), "{text:?}");
        for error in errors.iter().map(ToString::to_string) {
            assert!(!error.contains(|c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}')), "{error:?}");
        }
    }
}

#[test]
fn where_the_region_is_not_known_a_tag_names_no_host_of_aws() {
    let tag = |text: &str| (tags::TRACING_ENDPOINT.to_owned(), text.to_owned());
    let (layers, errors) = Layers::new().tags_lenient([tag("https://xray.us-east-1.amazonaws.com")]);
    assert_eq!((layers.resolve().settings.tracing.endpoint, errors.len()), (None, 1));
}

#[test]
fn secrets_for_the_hosts_own_receiver_do_not_go_to_an_endpoint_that_a_tag_names() {
    let yaml = "observability: {tracing: {exporter: otlp, endpoint: 'https://otel.example', \
                otlp: {headers: {x-api-key: abc}, token_file: /etc/token}, limits: {endpoints: ['*.corp.example']}}}";
    let settings = |tag: Option<&str>| {
        let tags = tag.map(|text| (tags::TRACING_ENDPOINT.to_owned(), text.to_owned()));
        Layers::new().local_yaml("local.yaml", yaml).unwrap().tags_lenient(tags).0.resolve()
    };
    let kept = |tag: Option<&str>| {
        let otlp = settings(tag).settings.tracing.otlp;
        (otlp.headers.is_empty(), otlp.token_file)
    };
    let sent = (false, Some("/etc/token".to_owned()));
    assert_eq!(kept(None), sent);
    assert_eq!(kept(Some("https://a.corp.example")), sent);
    assert_eq!(kept(Some("http://127.0.0.1:4318")), (true, None));
    // What a tag may not name changes nothing.
    assert_eq!(kept(Some("https://evil.example")), sent);
    let explained = settings(Some("http://127.0.0.1:4318")).explain("tracing-otlp-headers").unwrap();
    assert_eq!(explained.source, Source::Tag { key: tags::TRACING_ENDPOINT.to_owned() });
    assert_eq!(explained.notes, ["not sent to an endpoint that a tag names, unless `limits.endpoints` lists its host"]);
}
