//! The metadata service answers botocore's own fetcher, keeps IMDSv2's rules, and misbehaves on demand.

use std::time::Duration;

use serde_json::{Value, json};
use spawn_test_support::imds::ImdsFault;
use spawn_test_support::python::{Environments, Requirements};
use spawn_test_support::{Imds, InstanceFacts, Program};

/// Prints what botocore makes of the service at the address in the first argument.
const BOTOCORE: &str = r"
import json, sys
from botocore.session import Session
from botocore.utils import IMDSRegionProvider, InstanceMetadataFetcher
found = InstanceMetadataFetcher(timeout=5, num_attempts=1, base_url=sys.argv[1]).retrieve_iam_role_credentials()
session = Session()
session.set_config_variable('ec2_metadata_service_endpoint', sys.argv[1])
print(json.dumps({'role': found.get('role_name'), 'key': found.get('access_key'), 'region': IMDSRegionProvider(session).provide()}))
";

/// Prints status and body of each path, asked with a token, without one, or for a token: curl's view.
const PATHS: &str = r"
import json, sys, urllib.request, urllib.error
def ask(method, path, headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(sys.argv[1] + path, method=method, headers=headers), timeout=0.5) as answer:
            return [answer.status, answer.read().decode()]
    except urllib.error.HTTPError as error:
        return [error.code, '']
    except Exception as error:
        return [0, type(error.reason if isinstance(error, urllib.error.URLError) else error).__name__]
ttl = {'X-aws-ec2-metadata-token-ttl-seconds': '60'}
token = {'X-aws-ec2-metadata-token': ask('PUT', '/latest/api/token', ttl)[1]}
print(json.dumps([ask(method, path, {'token': token, 'ttl': ttl, 'none': {}, 'forwarded': {**ttl, 'X-Forwarded-For': '1.2.3.4'}}[headers]) for method, path, headers in json.loads(sys.argv[2])]))
";

async fn python(arguments: &[&str]) -> Value {
    let python = Environments::of_this_build().python(Requirements::Moto).unwrap();
    let output = Program::new(python).arg("-c").args(arguments).run().await.unwrap();
    assert_eq!((output.status, output.stderr.as_str()), (0, ""));
    serde_json::from_str(&output.stdout).unwrap()
}

async fn ask(imds: &Imds, requests: Value) -> Value {
    python(&[PATHS, &imds.endpoint(), &requests.to_string()]).await
}

#[tokio::test]
async fn botocore_finds_role_and_region() {
    let imds = Imds::start(InstanceFacts::example()).unwrap();
    let found = python(&[BOTOCORE, &imds.endpoint()]).await;
    assert_eq!(found, json!({"role": "spored", "key": "ASIAIOSFODNN7EXAMPLE", "region": "us-east-1"}));
}

#[tokio::test]
async fn nothing_is_shown_without_a_token_and_no_token_is_given_to_a_proxy() {
    let imds = Imds::start(InstanceFacts::example()).unwrap();
    let answers = ask(
        &imds,
        json!([
            ["GET", "/latest/meta-data/instance-id", "none"],
            ["GET", "/latest/meta-data/instance-id", "token"],
            ["PUT", "/latest/api/token", "none"],
            ["PUT", "/latest/api/token", "forwarded"],
            ["POST", "/latest/meta-data/instance-id", "token"],
        ]),
    )
    .await;
    assert_eq!(answers, json!([[401, ""], [200, "i-0123456789abcdef0"], [400, ""], [403, ""], [405, ""]]));
}

#[tokio::test]
async fn tags_and_notices_change_while_it_runs() {
    let imds = Imds::start(InstanceFacts::example().tag("spawn:ttl", "1h").tag("Name", "one")).unwrap();
    let requests = json!([
        ["GET", "/latest/meta-data/tags/instance", "token"],
        ["GET", "/latest/meta-data/tags/instance/spawn%3Attl", "token"],
        ["GET", "/latest/meta-data/tags/instance/absent", "token"],
        ["GET", "/latest/meta-data/spot/instance-action", "token"],
        ["GET", "/latest/user-data", "token"],
    ]);
    let before = ask(&imds, requests.clone()).await;
    assert_eq!(before, json!([[200, "Name\nspawn:ttl"], [200, "1h"], [404, ""], [404, ""], [404, ""]]));

    imds.set_tag("spawn:ttl", "2h");
    imds.give_spot_notice("terminate", "2026-11-21T05:00:00Z");
    let notice = r#"{"action":"terminate","time":"2026-11-21T05:00:00Z"}"#;
    let after = ask(&imds, requests.clone()).await;
    assert_eq!(after, json!([[200, "Name\nspawn:ttl"], [200, "2h"], [404, ""], [200, notice], [404, ""]]));

    imds.show_tags(None);
    let hidden = ask(&imds, requests).await;
    assert_eq!(hidden, json!([[404, ""], [404, ""], [404, ""], [200, notice], [404, ""]]));
}

#[tokio::test]
async fn each_fault_shows_and_ends_when_told() {
    let imds = Imds::start(InstanceFacts::example()).unwrap();
    let request = json!([["GET", "/latest/meta-data/instance-id", "token"]]);
    let faults = [
        (ImdsFault::Refuse, json!([[0, "ConnectionRefusedError"]])),
        (ImdsFault::Unauthorized, json!([[401, ""]])),
        (ImdsFault::Broken, json!([[500, ""]])),
        (ImdsFault::Hang, json!([[0, "TimeoutError"]])),
        (ImdsFault::Garbage, json!([[0, "UnicodeDecodeError"]])),
        (ImdsFault::Slow(Duration::from_millis(50)), json!([[200, "i-0123456789abcdef0"]])),
        (ImdsFault::None, json!([[200, "i-0123456789abcdef0"]])),
    ];
    for (fault, expected) in faults {
        imds.misbehave(fault);
        assert_eq!(ask(&imds, request.clone()).await, expected, "{fault:?}");
    }
}

#[tokio::test]
async fn rotating_credentials_are_others_at_each_read() {
    let imds = Imds::start(InstanceFacts::example()).unwrap();
    imds.rotate_credentials(Duration::from_secs(3_600));
    let first = python(&[BOTOCORE, &imds.endpoint()]).await["key"].clone();
    let second = python(&[BOTOCORE, &imds.endpoint()]).await["key"].clone();
    assert_eq!((first, second), ("ASIAROTATES000000001".into(), "ASIAROTATES000000002".into()));
    assert_eq!(imds.credential_reads(), 2);
}
