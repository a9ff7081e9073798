//! `spawn doctor`: each finding, and the remedy for it.

use crate::fixture::{all_documents, aws, bare, documents, spawn};
use serde_json::{Value, json};
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::programs::Output;
use spawn_test_support::{Aws, FaultProxy, Program};
use std::time::{Duration, Instant};

/// The findings by their checks, however it ended.
#[track_caller]
fn findings(output: &Output) -> Vec<Value> {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[track_caller]
fn finding<'a>(findings: &'a [Value], check: &str) -> &'a Value {
    findings.iter().find(|finding| finding["check"] == check).unwrap_or_else(|| panic!("no {check} in {findings:#?}"))
}

/// moto takes seconds to load its IAM when it is first asked, and a doctor does not wait that long.
async fn with_iam(aws: &Aws) {
    aws.boto3("boto3.client('iam').list_roles() and None").await.unwrap();
}

fn doctor(aws: &Aws) -> Program {
    spawn(aws).args(["doctor", "-o", "json"])
}

#[tokio::test]
async fn a_sound_account_has_a_finding_for_each_check_and_passes() {
    let aws = aws().await;
    with_iam(aws).await;
    let examined = doctor(aws).run().await.unwrap();
    let found = findings(&examined);
    let checks: Vec<&str> = found.iter().map(|finding| finding["check"].as_str().unwrap()).collect();
    let expected = [
        "settings",
        "region",
        "credentials",
        "clock",
        "ec2",
        "rights",
        "bucket",
        "table",
        "profile",
        "tracing",
        "spool",
    ];
    assert_eq!(checks, expected);
    let failed: Vec<&Value> = found.iter().filter(|finding| finding["level"] == "fail").collect();
    assert!(failed.is_empty() && examined.status == 0, "{failed:#?}");
    assert_eq!(finding(&found, "region")["what"], "us-east-1");
    assert!(finding(&found, "credentials")["what"].as_str().unwrap().ends_with("in account 123456789012"));
    assert_eq!(finding(&found, "clock")["what"], "agrees with AWS's clock");
    assert_eq!(finding(&found, "tracing")["what"], "tracing is off on this machine: nothing is sent");
}

#[tokio::test]
async fn rights_that_nobody_can_tell_are_said_to_be_unknown() {
    let aws = aws().await;
    with_iam(aws).await;
    let found = findings(&doctor(aws).run().await.unwrap());
    let rights = finding(&found, "rights");
    assert_eq!(rights["level"], "warn");
    assert!(rights["what"].as_str().unwrap().starts_with("not checked: IAM SimulatePrincipalPolicy"), "{rights}");
}

#[tokio::test]
async fn the_profile_is_missed_until_it_is_made() {
    let aws = Aws::start().await.unwrap();
    with_iam(&aws).await;
    let before = findings(&doctor(&aws).run().await.unwrap());
    assert_eq!(finding(&before, "profile")["level"], "warn");
    assert!(finding(&before, "profile")["remedy"].as_str().unwrap().contains("`spawn iam create`"));
    assert_eq!(spawn(&aws).args(["iam", "create"]).run().await.unwrap().status, 0);
    let after = findings(&doctor(&aws).run().await.unwrap());
    assert_eq!(
        finding(&after, "profile"),
        &json!({"check": "profile", "level": "ok", "what": "spored has the rights of an agent", "remedy": null})
    );
}

#[tokio::test]
async fn the_doctors_own_trace_proves_the_way_to_xray() {
    let aws = aws().await;
    with_iam(aws).await;
    let traced =
        doctor(aws).env("TRACING_ENABLED", "true").env("OTEL_TRACES_SAMPLER", "always_off").run().await.unwrap();
    let found = findings(&traced);
    assert_eq!(finding(&found, "tracing")["what"], "spans of this check have reached xray", "{}", traced.stderr);
    let all = all_documents(aws).await;
    let root = all.iter().find(|document| document["annotations"]["spawn_command"] == "doctor");
    let trace = root.or_else(|| all.iter().find(|document| document.to_string().contains("spawn doctor")));
    let trace = trace.unwrap()["trace_id"].as_str().unwrap().replace('-', "");
    let documents = documents(aws, trace.strip_prefix('1').unwrap()).await;
    let text = serde_json::to_string(&documents).unwrap();
    for call in ["GetCallerIdentity", "DescribeRegions", "HeadBucket", "DescribeTable", "GetRole"] {
        assert!(text.contains(call), "{call} is in the one trace: {text}");
    }
}

#[tokio::test]
async fn a_refusal_of_xray_names_the_rights_to_add() {
    let aws = aws().await;
    let proxy = FaultProxy::start(aws.moto_url()).unwrap();
    proxy.script([Rule::new(Action::json_error(403, "AccessDeniedException", "no")).path("/TraceSegments")]);
    let refused =
        doctor(aws).env("TRACING_ENABLED", "true").env("AWS_ENDPOINT_URL_XRAY", proxy.url()).run().await.unwrap();
    let found = findings(&refused);
    let tracing = finding(&found, "tracing");
    assert_eq!((refused.status, &tracing["level"]), (1, &json!("fail")), "{tracing}");
    let remedy = tracing["remedy"].as_str().unwrap();
    let (_, statement) = remedy.split_once(": ").unwrap();
    let policy = bare().args(["iam", "policy", "--role", "agent", "--for", "life"]).run().await.unwrap();
    let policy: Value = serde_json::from_str(&policy.stdout).unwrap();
    assert_eq!(serde_json::from_str::<Value>(statement).unwrap(), policy["Statement"][1]);
}

#[tokio::test]
async fn nothing_hangs_where_nothing_answers() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let aws = aws().await;
    let begun = Instant::now();
    let program = doctor(aws).env("AWS_ENDPOINT_URL", &url).env("AWS_ENDPOINT_URL_S3", &url);
    let examined = program.env("AWS_ENDPOINT_URL_DYNAMODB", &url).run().await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    let found = findings(&examined);
    assert_eq!(examined.status, 1);
    for check in ["credentials", "ec2", "table"] {
        assert_eq!(finding(&found, check)["level"], "fail", "{found:#?}");
        assert!(finding(&found, check)["remedy"].as_str().unwrap().contains("proxy"), "{found:#?}");
    }
}

#[tokio::test]
async fn without_credentials_the_remedy_is_to_sign_in() {
    let aws = aws().await;
    let folder = tempfile::TempDir::new().unwrap();
    let program =
        doctor(aws).env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY").env("HOME", folder.path());
    let examined = program.run().await.unwrap();
    let found = findings(&examined);
    let credentials = finding(&found, "credentials");
    assert_eq!((examined.status, &credentials["level"]), (1, &json!("fail")));
    assert!(credentials.to_string().contains("`aws sso login`"), "{credentials}");
    assert_eq!(finding(&found, "rights")["what"], "not checked, for it is not known who calls");
}

#[tokio::test]
async fn without_a_region_or_with_broken_settings_that_is_the_finding() {
    let folder = tempfile::TempDir::new().unwrap();
    let broken = folder.path().join("local.yaml");
    std::fs::write(&broken, "observability: {tracing: {samplingrate: 1}}").unwrap();
    let program =
        bare().args(["doctor", "-o", "json"]).env("HOME", folder.path()).env("AWS_EC2_METADATA_DISABLED", "true");
    let examined = program.env("SPAWN_CONFIG", &broken).run().await.unwrap();
    let found = findings(&examined);
    assert_eq!(examined.status, 1);
    let levels: Vec<(&Value, &Value)> = found.iter().map(|finding| (&finding["check"], &finding["level"])).collect();
    assert_eq!(levels, [(&json!("settings"), &json!("fail")), (&json!("region"), &json!("fail"))]);
    assert!(finding(&found, "settings")["what"].as_str().unwrap().contains("sampling_rate"), "{found:#?}");
}

#[tokio::test]
async fn a_clock_that_is_off_is_measured_against_awss() {
    let aws = aws().await;
    let proxy = FaultProxy::start(aws.moto_url()).unwrap();
    let answer = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
                  <Arn>arn:aws:iam::123456789012:user/kim</Arn><UserId>A</UserId><Account>123456789012</Account>\
                  </GetCallerIdentityResult></GetCallerIdentityResponse>";
    let headers = [("content-type", "text/xml"), ("date", "Fri, 20 Nov 2020 12:00:00 GMT")];
    proxy.script([Rule::new(Action::respond(200, &headers, answer))]);
    let examined = doctor(aws).env("AWS_ENDPOINT_URL_STS", proxy.url()).run().await.unwrap();
    let found = findings(&examined);
    let clock = finding(&found, "clock");
    assert_eq!((examined.status, &clock["level"]), (1, &json!("fail")));
    assert!(clock["what"].as_str().unwrap().contains("ahead of AWS's clock"), "{clock}");
}

#[tokio::test]
async fn a_table_for_people_has_the_remedy_under_its_finding() {
    let aws = aws().await;
    with_iam(aws).await;
    let shown = spawn(aws).arg("doctor").run().await.unwrap();
    assert_eq!(shown.status, 0, "{}", shown.stderr);
    assert!(shown.stdout.lines().any(|line| line.starts_with("ok    region")), "{}", shown.stdout);
    assert!(shown.stdout.lines().any(|line| line.trim_start().starts_with("-> ")), "{}", shown.stdout);
    assert!(json_is_not_printed(&shown.stdout));
}

fn json_is_not_printed(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_err()
}
