//! `spawn connect`, with an `ssh` of our own first in the path that tells what it was given.

use crate::fixture::{aws, instance, json, only_instance, spawn};
use spawn_test_support::Program;
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

/// A folder with a program of this name that prints its words, one a line, and the trace context in its environment.
fn fake(name: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join(name);
    std::fs::write(&program, "#!/bin/sh\nfor word in \"$@\"; do echo \"$word\"; done\nexit 7\n").unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    folder
}

async fn with_path(folder: &TempDir) -> Program {
    spawn(aws().await).env("PATH", format!("{}:/usr/bin:/bin", folder.path().display()))
}

async fn launched(name: &str) -> String {
    let line = ["launch", "--instance-type", "t3.micro", "--name", name, "--wait", "-o", "json"];
    only_instance(&json(&spawn(aws().await).args(line).run().await.unwrap()))
}

#[tokio::test]
async fn ssh_takes_the_process_over_with_the_instances_address_and_host_key() {
    let id = launched("shell").await;
    let address = instance(aws().await, &id).await["PublicIpAddress"].as_str().unwrap().to_owned();
    let output = with_path(&fake("ssh")).await.args(["connect", "shell", "--", "echo", "a b"]).run().await.unwrap();
    let words: Vec<&str> = output.stdout.lines().collect();
    let (alias, expected) = (format!("HostKeyAlias={id}"), ["-l", "ec2-user", "--", &address, "echo", "a b"]);
    assert_eq!(words, [&["-o", "StrictHostKeyChecking=accept-new", "-o", &alias][..], &expected].concat());
    assert_eq!(output.status, 7, "the exit code is that of the program: {}", output.stderr);
}

#[tokio::test]
async fn user_key_and_private_address_can_be_chosen_and_the_command_shown() {
    let id = launched("chosen").await;
    let address = instance(aws().await, &id).await["PrivateIpAddress"].as_str().unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("my key.pem");
    let line = ["connect", &id, "--user", "admin", "--private", "--print", "--key"];
    let missing = spawn(aws().await).args(line).arg(&key).run().await.unwrap();
    assert_eq!(missing.status, 2, "{}", missing.stderr);
    assert!(missing.stderr.contains("there is no key file"), "{}", missing.stderr);
    std::fs::write(&key, "").unwrap();
    let output = spawn(aws().await).args(line).arg(&key).run().await.unwrap();
    let options = format!("ssh -o 'StrictHostKeyChecking=accept-new' -o 'HostKeyAlias={id}' -o 'IdentitiesOnly=yes'");
    assert_eq!(output.stdout, format!("{options} -i '{}' -l admin -- {address}\n", key.display()), "{}", output.stderr);
}

#[tokio::test]
async fn the_trace_goes_into_the_session_when_tracing_is_on() {
    launched("traced-shell").await;
    let folder = fake("ssh");
    let connect = with_path(&folder).await.args(["connect", "traced-shell"]);
    let output = connect.env("TRACING_ENABLED", "true").env("OTEL_TRACES_EXPORTER", "none").run().await.unwrap();
    let context = output.stdout.lines().find_map(|word| word.strip_prefix("SetEnv=TRACEPARENT=00-"));
    assert!(context.is_some_and(|context| context.len() == 52), "{}", output.stdout);
}

#[tokio::test]
async fn session_manager_goes_through_the_aws_cli() {
    let id = launched("managed-shell").await;
    let line = ["connect", "managed-shell", "--session-manager"];
    let output = with_path(&fake("aws")).await.args(line).run().await.unwrap();
    let words: Vec<&str> = output.stdout.lines().collect();
    assert_eq!(words, ["ssm", "start-session", "--target", &id, "--region", "us-east-1"]);
}

#[tokio::test]
async fn what_is_missing_is_said_with_what_to_do() {
    let id = launched("unreachable").await;
    let nowhere = tempfile::tempdir().unwrap();
    let connect = || async { spawn(aws().await).env("PATH", nowhere.path()).args(["connect", "unreachable"]) };
    let output = connect().await.run().await.unwrap();
    assert_eq!(output.status, 1, "{}", output.stderr);
    assert!(output.stderr.contains("failed to run ssh: it is not in PATH: install OpenSSH"), "{}", output.stderr);
    let stop = spawn(aws().await).args(["stop", &id, "--yes", "--wait"]).run().await.unwrap();
    assert_eq!(stop.status, 0, "{}", stop.stderr);
    let output = connect().await.run().await.unwrap();
    assert_eq!(output.status, 1, "{}", output.stderr);
    assert!(output.stderr.contains(&format!("is stopped: `spawn start {id}` starts it")), "{}", output.stderr);
    let flag = spawn(aws().await).args(["connect", &id, "--user", "-oProxyCommand=x"]).run().await.unwrap();
    assert_eq!(flag.status, 2, "{}", flag.stderr);
}

#[tokio::test]
async fn completions_name_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let output = spawn(aws().await).args(["completions", shell]).run().await.unwrap();
        assert_eq!(output.status, 0, "{}", output.stderr);
        for command in ["launch", "extend", "tracing", "connect"] {
            assert!(output.stdout.contains(command), "{shell}: no {command}");
        }
    }
}
