//! Secrets are never shown and never on a command line.

use crate::fixture::{Host, aws, stop, until};
use spawn_test_support::Program;

const SECRETS: [&str; 5] =
    ["sesame-of-headers", "sesame-of-attributes", "sesame-of-token-file", "sesame-of-secret-key", "sesame-of-session"];

#[tokio::test]
async fn no_secret_is_in_logs_spans_or_answers() {
    let yaml = "observability:\n  tracing:\n    enabled: true\n    sampling_rate: 1.0\n    exporter: stdout\n    \
                attributes: {note: 'https://kim:sesame-of-attributes@host'}\n    \
                otlp:\n      headers: {x-api-key: sesame-of-headers}\n      token_file: TOKEN\n";
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "sesame-of-token-file").unwrap();
    let host = Host::with(&yaml.replace("TOKEN", token.to_str().unwrap())).aws(aws().await);
    let host = host.env("AWS_SECRET_ACCESS_KEY", "sesame-of-secret-key").env("AWS_SESSION_TOKEN", "sesame-of-session");
    let agent = host.run(&["--debug"]).await;
    until(&agent, "registered").await;
    let mut said = String::new();
    for command in [
        &["status"][..],
        &["status", "-o", "json"],
        &["config", "get", "tracing-otlp-token-file"],
        &["config", "get", "tracing-otlp-headers"],
        &["config", "explain", "tracing-otlp-headers"],
        &["doctor"],
        &["doctor", "-o", "json"],
    ] {
        let output = host.spored().args(command).run().await.unwrap();
        said += &(output.stdout + &output.stderr);
    }
    let listed = host.spored().args(["config", "list"]).run().await.unwrap().stdout;
    said += &stop(agent).await;
    assert!(said.contains("resourceSpans") && said.contains("[redacted]"), "{said}");
    for secret in SECRETS {
        assert!(!said.contains(secret), "{secret} is shown: {said}");
        // Attributes are no secrets to those who may read the file that they stand in.
        assert!(secret == "sesame-of-attributes" || !listed.contains(secret), "{secret} is listed: {listed}");
    }
}

/// A command line can be read by everyone on the host.
#[tokio::test]
async fn no_flag_takes_a_secret() {
    let help = |args: Vec<String>| async move {
        let program = Program::new(env!("CARGO_BIN_EXE_spored")).args(args).arg("--help");
        program.run().await.unwrap().stdout
    };
    let mut commands = vec![Vec::new()];
    let mut flags = Vec::new();
    while let Some(command) = commands.pop() {
        let text = help(command.clone()).await;
        let listed = text.split_once("Commands:").map_or("", |(_, rest)| rest.split("Options:").next().unwrap());
        let names = listed.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
        for name in names.filter(|name| !name.is_empty() && *name != "help") {
            commands.push(command.iter().cloned().chain([name.to_owned()]).collect());
        }
        flags.extend(text.split_whitespace().filter(|word| word.starts_with("--")).map(str::to_owned));
    }
    assert!(flags.iter().any(|flag| flag == "--log-format"), "{flags:?}");
    for word in ["token", "secret", "password", "credential", "header", "key"] {
        assert!(!flags.iter().any(|flag| flag.contains(word)), "{word}: {flags:?}");
    }
}
