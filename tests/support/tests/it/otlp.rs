//! The OTLP receiver takes what Python's gRPC and HTTP clients send, keeps it whole, and makes its demands good.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use spawn_test_support::Program;
use spawn_test_support::otlp::{OtlpDemands, OtlpReceiver};
use spawn_test_support::python::{Environments, Requirements};

const SOON: Duration = Duration::from_secs(10);

/// Sends one span over gRPC and one over HTTP: GRPC HTTP TOKEN CA CERTIFICATE KEY. Prints how each was answered.
const SENDER: &str = r"
import json, ssl, sys, urllib.request, urllib.error
import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
over_grpc, over_http, token, ca, certificate, key = sys.argv[1:]
def request(name):
    whole = ExportTraceServiceRequest()
    resource = whole.resource_spans.add()
    resource.resource.attributes.add(key='service.name').value.string_value = 'spored'
    span = resource.scope_spans.add().spans.add(name=name, kind=3, trace_id=bytes(range(16)), span_id=bytes(range(8)))
    span.attributes.add(key='n').value.int_value = 7
    return whole
secure = over_grpc.startswith('https')
read = lambda path: open(path, 'rb').read() if path else None
target = over_grpc.split('//')[1]
channel = grpc.secure_channel(target, grpc.ssl_channel_credentials(read(ca), read(key), read(certificate))) if secure else grpc.insecure_channel(target)
try:
    TraceServiceStub(channel).Export(request('over grpc'), metadata=[('x-token', token)], timeout=5)
    first = 'ok'
except grpc.RpcError as error:
    first = error.code().name
context = None
if secure:
    context = ssl.create_default_context(cafile=ca)
    if certificate:
        context.load_cert_chain(certificate, key)
try:
    headers = {'content-type': 'application/x-protobuf', 'x-token': token}
    call = urllib.request.Request(over_http + '/v1/traces', request('over http').SerializeToString(), headers)
    second = urllib.request.urlopen(call, timeout=5, context=context).status
except urllib.error.HTTPError as error:
    second = error.code
except OSError:
    second = 'refused'
print(json.dumps([first, second]))
";

async fn send(receiver: &OtlpReceiver, token: &str, files: [&Path; 3]) -> Value {
    let python = Environments::of_this_build().python(Requirements::Otlp).unwrap();
    let output = Program::new(python)
        .args(["-c", SENDER, &receiver.grpc_endpoint(), &receiver.http_endpoint(), token])
        .args(files)
        .run()
        .await
        .unwrap();
    assert_eq!(output.status, 0, "{}", output.stderr);
    serde_json::from_str(&output.stdout).unwrap()
}

const NO_FILES: [&str; 3] = [""; 3];

#[tokio::test]
async fn spans_of_both_protocols_are_kept_whole() {
    let receiver = OtlpReceiver::start().await.unwrap();
    assert_eq!(send(&receiver, "", NO_FILES.map(Path::new)).await, json!(["ok", 200]));
    let span = |name| {
        json!({
            "traceId": "000102030405060708090a0b0c0d0e0f",
            "spanId": "0001020304050607",
            "name": name,
            "kind": "SPAN_KIND_CLIENT",
            "attributes": [{"key": "n", "value": {"intValue": "7"}}],
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "spored"}}]},
            "scope": null,
        })
    };
    let spans = receiver.wait_for_spans(2, SOON).await.unwrap();
    assert_eq!(spans, [span("over grpc"), span("over http")]);
    let protocols: Vec<Value> = receiver.requests().unwrap().iter().map(|it| it["protocol"].clone()).collect();
    assert_eq!(protocols, ["grpc", "http"]);
}

#[tokio::test]
async fn a_wrong_token_is_turned_away_by_both() {
    let demands = OtlpDemands { header: Some(("x-token".to_owned(), "right".to_owned())), ..OtlpDemands::default() };
    let receiver = OtlpReceiver::demanding(demands).await.unwrap();
    assert_eq!(send(&receiver, "wrong", NO_FILES.map(Path::new)).await, json!(["UNAUTHENTICATED", 401]));
    assert_eq!(receiver.spans().unwrap(), [] as [Value; 0]);
    assert_eq!(send(&receiver, "right", NO_FILES.map(Path::new)).await, json!(["ok", 200]));
}

#[tokio::test]
async fn tls_asks_for_the_authority_and_on_demand_for_a_client_certificate() {
    let demands = OtlpDemands { client_certificate: true, ..OtlpDemands::default() };
    let receiver = OtlpReceiver::demanding(demands).await.unwrap();
    let (certificate, key) = receiver.client_files();
    let ca = receiver.ca_file();
    let none = Path::new("");
    assert_eq!(send(&receiver, "", [&ca, none, none]).await, json!(["UNAVAILABLE", "refused"]));
    assert_eq!(send(&receiver, "", [&ca, &certificate, &key]).await, json!(["ok", 200]));
}
