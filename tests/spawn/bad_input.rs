//! What is wrong is refused before any call, with the place, the reason and the remedy.

use crate::fixture::{aws, bare, spawn};
use spawn_test_support::FaultProxy;

/// Runs a launch against an AWS that records; answers exit code, message and the number of calls.
async fn refused(extra: &[&str]) -> (i32, String, usize) {
    let recorder = FaultProxy::start(aws().await.moto_url()).unwrap();
    let output = spawn(aws().await)
        .args(["launch", "--instance-type", "t3.micro"])
        .args(extra)
        .env("AWS_ENDPOINT_URL", recorder.url())
        .env("AWS_ENDPOINT_URL_DYNAMODB", recorder.url())
        .run()
        .await
        .unwrap();
    assert_eq!(output.stdout, "");
    (output.status, output.stderr, recorder.requests().len())
}

#[track_caller]
fn says(stderr: &str, parts: &[&str]) {
    for part in parts {
        assert!(stderr.contains(part), "no {part:?} in: {stderr}");
    }
    assert!(!stderr.contains("panicked"), "{stderr}");
}

#[tokio::test]
async fn a_bad_tag_is_refused_before_any_call() {
    let cases: [(&str, &[&str]); 12] = [
        ("spawn:tracing-exporter=xrya", &["spawn:tracing-exporter", "xrya", "xray"]),
        ("spawn:tracing-sampling=1.5", &["spawn:tracing-sampling", "1.5", "0"]),
        ("spawn:tracing-sampling=nan", &["spawn:tracing-sampling", "nan"]),
        ("spawn:tracing-enabled=yes", &["spawn:tracing-enabled", "yes", "true"]),
        ("spawn:tracing-endpoint=not a url", &["spawn:tracing-endpoint", "not a url"]),
        ("spawn:tracing-samplin=0.1", &["spawn:tracing-samplin", "spawn:tracing-sampling"]),
        ("spawn:ttl=5 minutes", &["spawn:ttl", "5 minutes"]),
        ("spawn:managed=false", &["spawn:managed"]),
        ("Cost Center=7", &["Cost Center", "metadata"]),
        ("team/x=7", &["team/x", "metadata"]),
        ("aws:mine=1", &["aws:mine"]),
        ("novalue", &["novalue", "KEY=VALUE"]),
    ];
    for (tag, parts) in cases {
        let (status, stderr, calls) = refused(&["--tag", tag]).await;
        assert_eq!((status, calls), (2, 0), "{tag}: {stderr}");
        says(&stderr, parts);
    }
}

#[tokio::test]
async fn control_characters_in_a_tag_are_refused_and_shown_escaped() {
    let (status, stderr, calls) = refused(&["--tag", "name=a\u{1b}[31mb"]).await;
    assert_eq!((status, calls), (2, 0), "{stderr}");
    says(&stderr, &["name", "control characters"]);
    assert!(!stderr.contains('\u{1b}'), "{stderr:?}");
}

#[tokio::test]
async fn a_tag_that_is_too_long_is_refused_with_the_rule() {
    let long = "x".repeat(257);
    for (tag, part) in [(format!("note={long}"), "256 characters"), (format!("{long}=note"), "128 characters")] {
        let (status, stderr, calls) = refused(&["--tag", &tag]).await;
        assert_eq!((status, calls), (2, 0), "{stderr}");
        says(&stderr, &[part]);
    }
}

#[tokio::test]
async fn the_tags_that_spawn_adds_are_counted_with_the_users() {
    // Five are kept for spawn itself: managed, version, launch-id, traceparent, fleet.
    for (count, expected) in [(45, 0), (46, 2)] {
        let tags: Vec<String> = (0..count).flat_map(|index| ["--tag".to_owned(), format!("t{index}=x")]).collect();
        let line = ["launch", "--instance-type", "t3.micro", "--dry-run", "--no-agent"];
        let output = spawn(aws().await).args(line).args(tags).run().await.unwrap();
        assert_eq!(output.status, expected, "{count}: {}", output.stderr);
    }
}

#[tokio::test]
async fn a_spot_instance_that_is_to_be_stopped_is_refused() {
    for flags in [["--spot", "--on-complete", "stop"], ["--spot", "--tag", "spawn:on-complete=hibernate"]] {
        let (status, stderr, calls) = refused(&flags).await;
        assert_eq!((status, calls), (2, 0), "{stderr}");
        says(&stderr, &["single spot request", "--on-complete terminate"]);
    }
}

#[tokio::test]
async fn waiting_for_the_agent_of_a_launch_without_one_is_refused() {
    let (status, stderr, calls) = refused(&["--no-agent", "--wait", "agent"]).await;
    assert_eq!((status, calls), (2, 0), "{stderr}");
    says(&stderr, &["--wait agent", "--no-agent"]);
}

#[tokio::test]
async fn too_many_tags_are_counted_before_ec2_does() {
    let tags: Vec<String> = (0..51).flat_map(|index| ["--tag".to_owned(), format!("t{index}=x")]).collect();
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    let (status, stderr, calls) = refused(&tags).await;
    assert_eq!((status, calls), (2, 0), "{stderr}");
    says(&stderr, &["50"]);
}

#[tokio::test]
async fn one_tag_said_twice_with_two_values_is_refused() {
    let (status, stderr, calls) = refused(&["--ttl", "2h", "--tag", "spawn:ttl=1h"]).await;
    assert_eq!((status, calls), (2, 0), "{stderr}");
    says(&stderr, &["spawn:ttl", "twice"]);
}

#[tokio::test]
async fn flags_that_cannot_be_are_usage_errors() {
    for (flags, part) in [
        (["--count", "0"], "1..=1000"),
        (["--count", "-3"], "1..=1000"),
        (["--ttl", "5 minutes"], "5 minutes"),
        (["--ttl", "-1h"], "-1h"),
        (["--ttl", "1e9d"], "1e9d"),
        (["--idle-timeout", "0s"], "0s"),
        (["--on-complete", "reboot"], "hibernate"),
        (["--subnet", "subnet-x"], "subnet- and 17 hexadecimal digits"),
        (["--security-group", "default"], "the id, not the name"),
        (["--key-pair", "schl\u{fc}ssel"], "255 ASCII characters"),
        (["--volume-size", "0"], "1..=16384"),
        (["--spot-max-price", "cheap"], "dollars an hour such as 0.0104"),
        (["--spot-max-price", "0.01"], "--spot"),
        (["--ami", "ubuntu"], "resolve:ssm:PARAMETER"),
        (["--ami", "resolve:ssm:/my/image"], "--root-device"),
        (["--instance-type", "t4g.micro"], "choose instance types of one architecture"),
        (["--resume", "0123456789abcdef"], "cannot be used with"),
        (["--output", "xml"], "json"),
        (["--tags", "a=b"], "--tag"),
    ] {
        let (status, stderr, calls) = refused(&flags).await;
        assert_eq!((status, calls), (2, 0), "{flags:?}: {stderr}");
        says(&stderr, &[part]);
    }
}

#[tokio::test]
async fn terminate_without_a_terminal_wants_a_yes() {
    let output = spawn(aws().await).args(["terminate", "i-0123456789abcdef0"]).run().await.unwrap();
    assert_eq!(output.status, 2);
    says(&output.stderr, &["--yes"]);
}

#[tokio::test]
async fn an_id_that_is_none_is_refused() {
    let output = spawn(aws().await).args(["terminate", "--yes", "i-web-1"]).run().await.unwrap();
    assert_eq!(output.status, 2);
    says(&output.stderr, &["i-web-1", "spawn list"]);
}

#[tokio::test]
async fn without_a_region_the_message_says_how_to_give_one() {
    let output =
        bare().args(["list"]).env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", "/nonexistent").run().await.unwrap();
    assert_eq!((output.status, output.stdout.as_str()), (2, ""));
    says(&output.stderr, &["no AWS region", "--region", "AWS_REGION"]);
}

#[tokio::test]
async fn without_credentials_the_message_says_how_to_get_them() {
    let output = bare()
        .args(["list", "--region", "us-east-1"])
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_ENDPOINT_URL", aws().await.moto_url())
        .env("HOME", "/nonexistent")
        .run()
        .await
        .unwrap();
    assert_eq!(output.status, 1);
    says(&output.stderr, &["EC2 DescribeInstances", "no AWS credentials", "aws configure"]);
}

#[tokio::test]
async fn a_wrong_environment_variable_is_a_settings_error() {
    let output = spawn(aws().await).arg("list").env("TRACING_ENABLED", "maybe").run().await.unwrap();
    assert_eq!(output.status, 3, "{}", output.stderr);
    says(&output.stderr, &["TRACING_ENABLED", "maybe", "true"]);
}
