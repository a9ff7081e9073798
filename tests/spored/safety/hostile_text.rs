//! Tags and files that were written to steer a terminal or to break the program.

use super::{harmless, instance};
use crate::fixture::{Host, stop, until};
use spawn_test_support::{Imds, InstanceFacts};
use std::path::Path;

fn tags() -> Vec<(String, String)> {
    let lines = include_str!("../../data/hostile/tags.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn no_tag_steers_a_terminal_or_stops_the_agent() {
    // An instance has one value of a key; each value of the corpus has its turn.
    let mut rest = tags();
    while !rest.is_empty() {
        let mut facts = InstanceFacts::example();
        // Metadata lists keys one a line, and EC2 refuses keys that metadata cannot show.
        rest.retain(|(key, value)| {
            let shown = facts.tags.get_or_insert_default();
            let free = !shown.contains_key(key) && !key.contains(char::is_control);
            if free {
                shown.insert(key.clone(), value.clone());
            }
            !free && !key.contains(char::is_control)
        });
        let imds = Imds::start(facts).unwrap();
        let host = instance(&imds.endpoint(), "").await;
        let agent = host.run(&["--log-format", "human", "--debug"]).await;
        until(&agent, "registered").await;
        assert_eq!(host.status().await["instance"]["provider"], "ec2");
        for command in [
            &["status"][..],
            &["config", "list"],
            &["config", "explain", "job-array-id"],
            &["config", "validate"],
            &["doctor"],
        ] {
            let output = host.spored().args(command).run().await.unwrap();
            harmless(&(output.stdout + &output.stderr));
        }
        harmless(&stop(agent).await);
    }
}

#[tokio::test]
async fn no_file_steers_a_terminal_or_breaks_the_validator() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/hostile/yaml");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 20, "{files:?}");
    let host = Host::with("");
    for file in files {
        let checked = host.spored().args(["config", "validate", file.to_str().unwrap()]).run().await.unwrap();
        assert_eq!(checked.status, 3, "{}: {}", file.display(), checked.stdout);
        assert!(checked.stderr.len() < 1_000, "{}: {} bytes", file.display(), checked.stderr.len());
        harmless(&(checked.stdout + &checked.stderr));
    }
}
