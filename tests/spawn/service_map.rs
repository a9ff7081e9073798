//! The service map of a job array: what X-Ray would draw of it is what was called.

use crate::fixture::{all_documents, json, spawn, spored};
use spawn_test_support::service_map::Node;
use spawn_test_support::{Aws, MachineRoom, ServiceMap};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(120);
/// The agents sign with a key of their own, so that the emulators know who calls.
const AGENTS_KEY: &str = "AKIAI44QH8DHBEXAMPLE";

const PREPARE: &str = "\
import io, zipfile
s3 = boto3.client('s3')
s3.create_bucket(Bucket='map-reads')
s3.put_object(Bucket='map-reads', Key='run-1/reads.txt', Body=b'ACGT')
code = io.BytesIO()
with zipfile.ZipFile(code, 'w') as archive:
    archive.writestr('index.py', 'def handler(event, context): return {}')
boto3.client('lambda').create_function(FunctionName='map-hook', Runtime='python3.11', \
Role='arn:aws:iam::123456789012:role/none', Handler='index.handler', Code={'ZipFile': code.getvalue()})['State']";

/// What agents look at by themselves, in the table and in the queue: without work to hang below, that makes no span.
const QUIET: [&str; 2] = ["dynamodb", "sqs"];

/// How often a program called an operation of a service.
type Counts = BTreeMap<(&'static str, String, String), u64>;

#[tokio::test]
async fn the_map_of_an_array_has_the_nodes_and_the_edges_that_its_calls_made() {
    let aws = Aws::start().await.unwrap();
    aws.boto3(PREPARE).await.unwrap();
    let key = ("AWS_ACCESS_KEY_ID".to_owned(), AGENTS_KEY.to_owned());
    let room = MachineRoom::start(&aws, &spored(), &[key]).unwrap();
    let line = ["launch", "--instance-type", "t3.micro", "--count", "2", "--job-array-name", "map", "-o", "json"];
    let tags = ["spawn:tracing-enabled=true", "spawn:tracing-sampling=1.0", "spawn:completion-delay=1s"];
    let tags = tags.iter().flat_map(|&tag| ["--tag", tag]);
    let given = [
        "--tasks",
        "4",
        "--input",
        "s3://map-reads/run-1/",
        "--on-complete",
        "lambda:map-hook",
        "--topology",
        "joined",
    ];
    let command = ["--", "sh", "-c", "cp reads.txt \"$SPAWN_OUTPUT/\""];
    let launched = json(&spawn(&aws).args(line).args(tags).args(given).args(command).run().await.unwrap());
    for instance in launched["instances"].as_array().unwrap() {
        room.wait_for_exit(instance["instance_id"].as_str().unwrap(), PATIENCE).await.unwrap();
    }

    let documents = all_documents(&aws).await;
    let map = ServiceMap::of(&documents);
    let made = made(&aws).await;
    for program in ["spawn", "spored"] {
        let called: BTreeSet<String> = map.called_by(program).into_iter().filter_map(service).collect();
        let by = made.keys().filter(|(by, ..)| *by == program);
        let expected: BTreeSet<String> = by.map(|(_, service, _)| service.clone()).collect();
        assert_eq!(called, expected, "{program}: {map:#?}");
    }
    let resources = [
        ("spawn-job-arrays", "AWS::DynamoDB::Table"),
        ("map-reads", "AWS::S3::Bucket"),
        ("map-hook", "AWS::Lambda::Function"),
    ];
    for (name, kind) in resources {
        assert!(map.nodes.contains(&Node::new(name, kind)), "{name}: {:#?}", map.nodes);
    }
    // The queue has the array's own name, and nobody else's.
    let queues: Vec<_> = map.nodes.iter().filter(|node| node.kind == "AWS::SQS::Queue").collect();
    assert!(
        matches!(queues[..], [queue] if queue.name.contains(launched["array_id"].as_str().unwrap())),
        "{queues:#?}"
    );
    // The launch hands the work to the agents.
    let handed = map.edges.keys().any(|(from, to)| (from.name.as_str(), to.name.as_str()) == ("spawn", "spored"));
    assert!(handed, "{:#?}", map.edges.keys());

    let told = told(&documents);
    for (call, times) in &made {
        let (by, service, _) = call;
        let told = told.get(call).copied().unwrap_or(0);
        let is_quiet = *by == "spored" && QUIET.contains(&service.as_str());
        assert!(told == *times || (is_quiet && told < *times), "{call:?}: {told} of {times} are told of");
    }
    let unmade: Vec<_> = told.keys().filter(|call| !made.contains_key(*call)).collect();
    assert_eq!(unmade, Vec::<&(&str, String, String)>::new());
}

/// The calls that the emulators were asked, by who signed.
async fn made(aws: &Aws) -> Counts {
    let mut counts = Counts::new();
    for call in aws.calls().await.unwrap().into_iter().filter(|call| call.service != "xray") {
        let by = if call.access_key == AGENTS_KEY { "spored" } else { "spawn" };
        *counts.entry((by, call.service, call.operation)).or_default() += call.count;
    }
    counts
}

/// The calls that the documents tell of.
fn told(documents: &[serde_json::Value]) -> Counts {
    let mut counts = Counts::new();
    for document in documents {
        let nested = document["subsegments"].as_array().into_iter().flatten();
        for call in nested.chain([document]).filter(|part| part["namespace"] == "aws") {
            let by = if by_agent(documents, document) { "spored" } else { "spawn" };
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            let retries = call["aws"]["retries"].as_u64().unwrap_or(0);
            let key = (by, text(&call["name"]).to_lowercase(), text(&call["aws"]["operation"]));
            *counts.entry(key).or_default() += retries + 1;
        }
    }
    counts
}

/// Whether the segment on top is the agent's.
fn by_agent(documents: &[serde_json::Value], document: &serde_json::Value) -> bool {
    if document["type"] != "subsegment" {
        return document["name"] == "spored";
    }
    let is_parent = |other: &&serde_json::Value| {
        let nested = other["subsegments"].as_array().into_iter().flatten();
        other["trace_id"] == document["trace_id"] && nested.chain([*other]).any(|it| it["id"] == document["parent_id"])
    };
    documents.iter().find(is_parent).is_some_and(|parent| by_agent(documents, parent))
}

/// The service of a node's type, as signatures name it; none for a service that is not AWS's.
fn service(kind: &str) -> Option<String> {
    let name = kind.strip_prefix("AWS::")?.split("::").next()?.to_lowercase();
    (kind != "AWS::EC2::Instance").then_some(name)
}
