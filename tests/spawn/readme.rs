//! The commands of the README, in its order, as they are written.

use crate::fixture::spawn;
use spawn_test_support::Aws;

/// Every `$ spawn …` of the README, with its continued lines.
fn commands() -> Vec<Vec<&'static str>> {
    let text = include_str!("../../README.md");
    let begun = text.split("\n$ spawn ").skip(1);
    let whole = |rest: &'static str| {
        let mut words = Vec::new();
        for line in rest.lines() {
            words.extend(line.trim_end_matches('\\').split_whitespace());
            if !line.ends_with('\\') {
                break;
            }
        }
        words
    };
    begun.map(whole).collect()
}

#[tokio::test]
async fn the_commands_of_the_readme_run_in_its_order() {
    // An account of its own: the README's instance is the only one of its name.
    let aws = Aws::start().await.unwrap();
    let commands = commands();
    let names: Vec<&str> = commands.iter().map(|words| words[0]).collect();
    assert_eq!(names, ["launch", "setup", "list", "extend", "tracing", "doctor", "launch", "status", "logs", "trace"]);
    for words in commands {
        let output = spawn(&aws).args(&words).run().await.unwrap();
        assert_eq!(output.status, 0, "spawn {}: {}", words.join(" "), output.stderr);
    }
}
