//! What `docs/` says about settings is what the code does.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use spawn_config::{Grammar, Key, Layers, keys, tags};

const REFERENCE: &str = include_str!("../../docs/reference/configuration.md");
const GUIDE: &str = include_str!("../../docs/how-to/tracing.md");
const LIFECYCLE: &str = include_str!("../../docs/how-to/lifecycle.md");
const XRAY_WRITE: &str = include_str!("../../iam/xray-write.json");

/// What stands between `<!-- NAME:begin -->` and `<!-- NAME:end -->`.
fn part(name: &str) -> &'static str {
    part_of(REFERENCE, name)
}

/// The same of another page.
fn part_of<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("<!-- {name}:begin -->\n")).unwrap();
    rest.split_once(&format!("<!-- {name}:end -->")).unwrap().0
}

/// A cell in code type; empty if there is nothing to say.
fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}

fn form(grammar: Grammar) -> String {
    match grammar {
        Grammar::Truth => "`true`, `false`".to_owned(),
        Grammar::Share => "0.0 to 1.0".to_owned(),
        Grammar::Percent => "0 to 100".to_owned(),
        Grammar::Whole => "0, 1, 2, …".to_owned(),
        Grammar::Slots => "1 to 1024".to_owned(),
        Grammar::Word(words) => words.iter().map(|word| code(word)).collect::<Vec<_>>().join(", "),
        Grammar::Endpoint => "`http://…`, `https://…`".to_owned(),
        Grammar::Instant => "RFC 3339 instant".to_owned(),
        Grammar::Span => "`30s`, `15m`, `2h`, `1d`, `1h30m`".to_owned(),
        Grammar::Timeout => "`10s`, `250ms`".to_owned(),
        Grammar::Text => "text".to_owned(),
        Grammar::Auto => "`auto`, text".to_owned(),
        Grammar::Map => "mapping".to_owned(),
        Grammar::Secrets => "mapping, never shown".to_owned(),
        Grammar::List => "list".to_owned(),
    }
}

fn row(key: &Key) -> String {
    let Key { name, tag, path, env, default, grammar, sentence, .. } = *key;
    let path = path
        .map(|path| path.strip_prefix("observability.tracing.").map_or(path.to_owned(), |path| format!("….{path}")));
    let cells = [
        code(name),
        sentence.to_owned(),
        form(grammar),
        code(default),
        code(tag.unwrap_or_default()),
        code(&path.unwrap_or_default()),
        env.iter().map(|variable| code(variable)).collect::<Vec<_>>().join(", "),
    ];
    format!("| {} |\n", cells.join(" | "))
}

#[test]
fn the_key_table_is_that_of_the_code() {
    let mut table = String::from(
        "| key | what it does | takes | default | tag | in `local.yaml` | environment |\n|---|---|---|---|---|---|---|\n",
    );
    table.extend(keys().iter().map(row));
    assert_eq!(part("keys"), table);
}

#[test]
fn the_refusals_are_those_of_the_code() {
    let file = |text: &str| Layers::new().local_yaml("/etc/spawn/local.yaml", text).unwrap_err();
    let variable =
        |variable: &str, value: &str| Layers::new().environment([(variable.to_owned(), value.to_owned())]).unwrap_err();
    let tag = |key: &str, value: &str| tags::validate_user_tag(key, value).unwrap_err();
    let refusals = [
        file("observability:\n  tracing:\n    sampling: 0.1\n"),
        file("observability:\n  tracing:\n    sampling_rate: 1.5\n"),
        file("observability:\n  tracing:\n    enabled: yes\n"),
        file("observability:\n\ttracing:\n"),
        file("ttl: 1h\nttl: 2h\n"),
        file("observability:\n  tracing: true\n"),
        variable("OTEL_TRACES_EXPORTER", "jaeger"),
        variable("TRACING_ENABLED", "1"),
        tag("spawn:tracing-enable", "true"),
        tag("spawn:ttl", "5 minutes"),
        tag("cost/center", "7"),
    ];
    let mut text = String::from("```text\n");
    for refusal in refusals {
        writeln!(text, "{refusal}").unwrap();
    }
    assert_eq!(part("refusals"), text + "```\n");
}

#[test]
fn the_complete_file_is_taken_and_names_every_path() {
    let fenced = part("complete");
    let text = fenced.strip_prefix("```yaml\n").unwrap().strip_suffix("```\n").unwrap();
    let resolved = Layers::new().local_yaml("local.yaml", text).unwrap().resolve();
    let defaults: Vec<_> = keys()
        .iter()
        .filter(|key| key.path.is_some() && resolved.explain(key.name).unwrap().overrode.is_empty())
        .map(|key| key.name)
        .collect();
    assert_eq!(defaults, [""; 0], "not in the file");
}

/// The fenced blocks of a page in this language, without their indentation.
fn fences(page: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some((indentation, _)) = line.split_once("```").filter(|(_, after)| *after == language) else { continue };
        let block = lines.by_ref().take_while(|line| line.trim() != "```");
        blocks.push(block.map(|line| line.strip_prefix(indentation).unwrap_or(line)).collect::<Vec<_>>().join("\n"));
    }
    blocks
}

#[test]
fn every_file_in_the_guide_is_taken_and_switches_tracing_on() {
    let files = fences(GUIDE, "yaml");
    assert_eq!(files.len(), 4);
    for file in files {
        let resolved = Layers::new().local_yaml("local.yaml", &file).unwrap().resolve();
        assert_eq!(resolved.get("tracing-enabled").unwrap(), "true", "{file}");
    }
}

#[test]
fn every_tag_in_the_guide_is_taken() {
    let commands = fences(GUIDE, "sh").join("\n");
    let pairs: Vec<_> = commands.split("--tag ").skip(1).filter_map(|rest| rest.split_whitespace().next()).collect();
    assert_eq!(pairs.len(), 8);
    for pair in pairs {
        let (key, value) = tags::parse_pair(pair).unwrap();
        assert_eq!(tags::validate_user_tag(&key, &value), Ok(()), "{pair}");
    }
}

#[test]
fn the_settings_on_the_page_of_the_life_cycle_are_taken() {
    let settings = |layers: Layers| layers.resolve().settings.life;
    let files = fences(LIFECYCLE, "yaml");
    let life = settings(Layers::new().local_yaml("local.yaml", &files.join("\n")).unwrap());
    assert_eq!((life.pre_stop.len(), life.pre_stop_timeout.to_string().as_str()), (3, "2m"));
    let commands = fences(LIFECYCLE, "sh").join("\n");
    let flags = |flag| commands.split(flag).skip(1).filter_map(|rest| rest.split_whitespace().next());
    let pairs: Vec<_> = flags("--tag ").map(|pair| tags::parse_pair(pair).unwrap()).collect();
    assert_eq!(pairs, [("spawn:idle-timeout".to_owned(), "30m".to_owned())]);
    assert_eq!(tags::validate_user_tag(&pairs[0].0, &pairs[0].1), Ok(()));
    let spans: Vec<_> = flags("--ttl ").map(|span| tags::validate_user_tag(tags::TTL, span)).collect();
    assert_eq!(spans, [Ok(()), Ok(())]);
    // Every key of the page is one.
    let named = LIFECYCLE
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| word.starts_with("idle-") || word.starts_with("completion-"));
    for name in named {
        assert!(Key::named(name).is_ok(), "{name}");
    }
}

#[test]
fn the_four_rows_of_the_guide_are_those_of_the_table() {
    let (_, rows) = GUIDE.split_once("| tag | in `local.yaml` | default | meaning |\n|---|---|---|---|\n").unwrap();
    for (row, name) in rows.lines().zip(["tracing-enabled", "tracing-exporter", "tracing-sampling", "tracing-endpoint"])
    {
        let key = Key::named(name).unwrap();
        let step = key.path.and_then(|path| path.rsplit('.').next()).unwrap();
        let default = if key.default.is_empty() { "\"\"" } else { key.default };
        let start = format!("| `{}` | `{step}` | `{default}` | ", key.tag.unwrap());
        assert!(row.starts_with(&start), "{row} is not {start}");
    }
}

#[test]
fn the_policy_in_the_guide_is_the_one_in_the_folder() {
    let policy: serde_json::Value = serde_json::from_str(XRAY_WRITE).unwrap();
    let mut shown: serde_json::Value = serde_json::from_str(&fences(GUIDE, "json")[0]).unwrap();
    shown["Sid"] = policy["Statement"][0]["Sid"].clone();
    assert_eq!(policy["Statement"], serde_json::json!([shown]));
}

#[test]
fn the_variables_explained_are_those_of_the_table() {
    let known: Vec<_> = keys().iter().flat_map(|key| key.env.iter().copied()).collect();
    let rows = part("opentelemetry").lines().skip(2);
    for variable in rows.flat_map(|row| row.split('|').nth(1).unwrap().split(',')) {
        let variable = variable.trim().trim_matches('`');
        assert!(known.contains(&variable), "{variable}");
    }
    for variable in known.iter().filter(|variable| variable.starts_with("OTEL_EXPORTER_OTLP_TRACES_")) {
        let general = variable.replace("_TRACES", "");
        assert!(known.contains(&general.as_str()), "{variable}");
    }
}

#[test]
fn the_variables_of_the_otlp_reference_are_those_that_are_read() {
    let page = include_str!("../../docs/reference/otlp.md");
    let table = part_of(page, "variables");
    let listed: BTreeSet<&str> = table.split('`').filter(|word| word.starts_with("OTEL_EXPORTER_OTLP_")).collect();
    let known =
        keys().iter().flat_map(|key| key.env).copied().filter(|variable| variable.starts_with("OTEL_EXPORTER_OTLP_"));
    let insecure = ["OTEL_EXPORTER_OTLP_TRACES_INSECURE", "OTEL_EXPORTER_OTLP_INSECURE"];
    assert_eq!(listed, known.chain(insecure).collect());
    for protocol in spawn_config::OtlpProtocol::WORDS {
        assert!(page.contains(&format!("| `{protocol}` |")), "{protocol}");
    }
}

#[test]
fn the_page_names_the_tags_that_spawn_sets_itself() {
    let rows = REFERENCE.lines().skip_while(|line| !line.starts_with("| tag | value |")).skip(2);
    let named: Vec<&str> =
        rows.map_while(|line| line.strip_prefix("| `")).map(|line| line.split('`').next().unwrap()).collect();
    assert_eq!(named.iter().collect::<BTreeSet<_>>(), tags::OWN.iter().collect());
}
