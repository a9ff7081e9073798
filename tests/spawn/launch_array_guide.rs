//! The commands of `docs/how-to/job-arrays.md`, in its order, as they are written.

use crate::fixture::spawn;
use spawn_test_support::Aws;
use tempfile::TempDir;

/// Commands of the page that other tests run: they need agents, or belong to other programs.
const ELSEWHERE: [&str; 5] = ["aws s3 cp", "spawn status", "spawn logs", "spawn results", "sudo spored join"];

/// Every line of the page's shell blocks, with its continued lines.
fn commands() -> Vec<String> {
    let text = include_str!("../../docs/how-to/job-arrays.md");
    let blocks = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let joined: String = blocks.collect::<String>().replace("\\\n", "");
    joined.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn the_commands_of_the_how_to_run_in_its_order() {
    // An account of its own: the page's array is the only one of its name.
    let aws = Aws::start().await.unwrap();
    let code = "s3 = boto3.client('s3')\n\
                s3.create_bucket(Bucket='my-reads')\n\
                s3.put_object(Bucket='my-reads', Key='run-1/align.sh', Body=b'#!/bin/sh')['ResponseMetadata']['HTTPStatusCode']";
    assert_eq!(aws.boto3(code).await.unwrap(), 200);
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("samples.csv"), "sample,rate\nNA12878,0.10\nNA12891,0.25\n").unwrap();
    let mut launched = 0;
    for line in commands() {
        if ELSEWHERE.iter().any(|command| line.starts_with(command)) {
            continue;
        }
        let words = shlex::split(&line).unwrap();
        assert_eq!(words[0], "spawn", "{line}");
        let output = spawn(&aws).args(&words[1..]).current_dir(folder.path()).run().await.unwrap();
        assert_eq!(output.status, 0, "{line}: {}", output.stderr);
        launched += usize::from(words[1] == "launch");
    }
    assert_eq!(launched, 4);
}
