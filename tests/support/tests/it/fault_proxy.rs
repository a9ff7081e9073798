//! The fault proxy passes, records, and does each fault that a script asks for.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::{FaultProxy, Imds, InstanceFacts, Program};

/// Sends each request (method, path, target, form) and prints status, the header `x-from`, and body; or what went wrong.
const CLIENT: &str = r"
import http.client, json, sys, urllib.parse
url = urllib.parse.urlparse(sys.argv[1])
def send(method, path, target, form):
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=0.5)
    headers = {'content-type': 'application/x-www-form-urlencoded', **({'x-amz-target': target} if target else {})}
    try:
        connection.request(method, path, body=form, headers=headers)
        answer = connection.getresponse()
        return [answer.status, answer.getheader('x-from'), answer.read().decode()]
    except Exception as error:
        return type(error).__name__
print(json.dumps([send(*request) for request in json.loads(sys.argv[2])]))
";

async fn send(proxy: &FaultProxy, requests: Value) -> Value {
    let output = Program::new("python3").args(["-c", CLIENT, &proxy.url(), &requests.to_string()]).run().await.unwrap();
    assert_eq!((output.status, output.stderr.as_str()), (0, ""));
    serde_json::from_str(&output.stdout).unwrap()
}

/// A server that answers 401 with an empty body to a read, and 400 to anything else: enough to be told from the proxy.
fn upstream() -> Imds {
    Imds::start(InstanceFacts::example()).unwrap()
}

#[tokio::test]
async fn without_a_script_everything_passes_and_is_recorded() {
    let upstream = upstream();
    let proxy = FaultProxy::start(&upstream.endpoint()).unwrap();
    let answers = send(&proxy, json!([["GET", "/latest/x?y=1", "DynamoDB_20120810.GetItem", "A=1"]])).await;
    assert_eq!(answers, json!([[401, null, ""]]));
    assert_eq!(upstream.requests(), ["GET /latest/x"]);
    let requests = proxy.requests();
    let seen: Vec<_> = requests
        .iter()
        .map(|request| (request.method.as_str(), request.path.as_str(), request.header("x-amz-target"), request.text()))
        .collect();
    assert_eq!(seen, [("GET", "/latest/x?y=1", Some("DynamoDB_20120810.GetItem"), "A=1".to_owned())]);
}

#[tokio::test]
async fn rules_choose_by_method_path_target_action_and_turn() {
    let upstream = upstream();
    let proxy = FaultProxy::start(&upstream.endpoint()).unwrap();
    let say = |text: &'static str| Rule::new(Action::respond(503, &[("x-from", "proxy")], text));
    proxy.script([
        say("put").method("PUT"),
        say("path").path("/only"),
        say("target").target("GetItem"),
        say("action").form_action("RunInstances"),
        say("second and third").path("/turn").after(1).times(2),
    ]);
    let answers = send(
        &proxy,
        json!([
            ["PUT", "/", null, null],
            ["GET", "/only/this", null, null],
            ["POST", "/", "DynamoDB_20120810.GetItem", null],
            ["POST", "/", null, "Version=2016-11-15&Action=RunInstances"],
            ["POST", "/", "DynamoDB_20120810.PutItem", "Action=RunInstancesNot"],
            ["GET", "/turn", null, null],
            ["GET", "/turn", null, null],
            ["GET", "/turn", null, null],
            ["GET", "/turn", null, null],
        ]),
    )
    .await;
    let proxy = |text| json!([503, "proxy", text]);
    let passed = json!([401, null, ""]);
    let expected = [
        proxy("put"),
        proxy("path"),
        proxy("target"),
        proxy("action"),
        json!([405, null, ""]),
        passed.clone(),
        proxy("second and third"),
        proxy("second and third"),
        passed,
    ];
    assert_eq!(answers, json!(expected));
}

#[tokio::test]
async fn connections_hang_reset_and_break_off() {
    let upstream = upstream();
    let proxy = FaultProxy::start(&upstream.endpoint()).unwrap();
    let front = FaultProxy::start(&proxy.url()).unwrap();
    proxy.script([Rule::new(Action::respond(200, &[], "0123456789"))]);
    front.script([
        Rule::new(Action::Hang).once(),
        Rule::new(Action::Reset).once(),
        Rule::new(Action::TakeAndReset).once(),
        Rule::new(Action::Truncate(4)).once(),
    ]);
    let get = json!(["GET", "/", null, null]);
    let answers = send(&front, json!([get, get, get, get, get])).await;
    let expected = json!([
        "TimeoutError",
        "ConnectionResetError",
        "ConnectionResetError",
        "IncompleteRead",
        [200, null, "0123456789"],
    ]);
    assert_eq!(answers, expected);
    assert_eq!(proxy.requests().len(), 3, "the one taken before the reset, the truncated one and the last");

    front.refuse(true);
    assert_eq!(send(&front, json!([get])).await, json!(["ConnectionRefusedError"]));
    front.refuse(false);
    assert_eq!(send(&front, json!([get])).await, json!([[200, null, "0123456789"]]));
}

#[tokio::test]
async fn a_delay_comes_before_the_answer() {
    let upstream = upstream();
    let proxy = FaultProxy::start(&upstream.endpoint()).unwrap();
    let delay = Duration::from_millis(200);
    proxy.script([Rule::new(Action::Delay(delay))]);
    let began = Instant::now();
    assert_eq!(send(&proxy, json!([["GET", "/", null, null]])).await, json!([[401, null, ""]]));
    assert!(began.elapsed() >= delay);
}
