//! Launching a job array: what stands in the table and the queue then, as Python's boto3 reads it.

use crate::fixture::{aws, documents, instance, json, spawn, tag};
use serde_json::{Value, json};
use spawn_test_support::{Aws, Program};
use tempfile::TempDir;

/// A launch of instances for the array that the rest of the line is about.
pub(crate) fn launch(aws: &Aws, line: &[&str]) -> Program {
    spawn(aws).args(["launch", "--instance-type", "t3.micro", "-o", "json"]).args(line)
}

/// The items of a partition, in order, in plain values.
pub(crate) async fn partition(aws: &Aws, key: &str) -> Vec<Value> {
    partitions(aws, &[key.to_owned()]).await
}

/// The items of these partitions.
pub(crate) async fn partitions(aws: &Aws, keys: &[String]) -> Vec<Value> {
    let keys = serde_json::to_string(keys).unwrap();
    let code = format!(
        "from boto3.dynamodb.conditions import Key\n\
         from decimal import Decimal\n\
         def plain(v):\n\
         \x20   if isinstance(v, Decimal): return int(v)\n\
         \x20   if isinstance(v, dict): return {{k: plain(x) for k, x in v.items()}}\n\
         \x20   if isinstance(v, list): return [plain(x) for x in v]\n\
         \x20   return v\n\
         table = boto3.resource('dynamodb').Table('spawn-job-arrays')\n\
         [plain(i) for key in {keys} for i in table.query(KeyConditionExpression=Key('PK').eq(key))['Items']]"
    );
    serde_json::from_value(aws.boto3(&code).await.unwrap()).unwrap()
}

/// The array's own item.
pub(crate) async fn array(aws: &Aws, id: &str) -> Value {
    partition(aws, id).await.into_iter().find(|item| item["SK"] == "array").unwrap()
}

/// Every message of a queue: its body with its attributes. They stay hidden from then on.
async fn messages(aws: &Aws, url: &str) -> Vec<Value> {
    let code = format!(
        "sqs = boto3.client('sqs')\n\
         found = []\n\
         while True:\n\
         \x20   got = sqs.receive_message(QueueUrl='{url}', MaxNumberOfMessages=10, VisibilityTimeout=600, MessageAttributeNames=['All'], AttributeNames=['All']).get('Messages', [])\n\
         \x20   if not got: break\n\
         \x20   found += [[json.loads(m['Body'])['index'], m.get('MessageAttributes', {{}}).get('traceparent', {{}}).get('StringValue')] for m in got]\n\
         sorted(found)"
    );
    serde_json::from_value(aws.boto3(&code).await.unwrap()).unwrap()
}

fn traced<'a>(line: &[&'a str]) -> Vec<&'a str> {
    let tags = ["--tag", "spawn:tracing-enabled=true", "--tag", "spawn:tracing-sampling=1.0"];
    [tags.as_slice(), line].concat()
}

#[tokio::test]
async fn an_array_shows_in_x_ray_as_under_way_when_its_launch_is_over() {
    let aws = aws().await;
    let line = traced(&["--count", "2", "--job-array-name", "announced", "--", "true"]);
    let launched = json(&launch(aws, &line).run().await.unwrap());
    let documents = documents(aws, launched["trace_id"].as_str().unwrap()).await;
    let of_array = |document: &&Value| document["metadata"]["spawn"]["name"] == "array announced";
    let shown = documents.iter().find(of_array).unwrap_or_else(|| panic!("{documents:#?}"));
    assert_eq!((&shown["in_progress"], shown.get("end_time")), (&true.into(), None), "{shown:#}");
    assert_eq!(shown["annotations"]["spawn_job_array_id"], launched["array_id"], "{launched:#}");
    let root = documents.iter().find(|document| document["parent_id"].is_null()).unwrap();
    assert_eq!(shown["parent_id"], root["id"]);
    // Whoever ends the array writes this very span.
    let item = array(aws, launched["array_id"].as_str().unwrap()).await;
    assert!(item["traceparent"].as_str().unwrap().contains(shown["id"].as_str().unwrap()), "{item:#}");
}

#[tokio::test]
async fn an_array_is_in_the_table_and_the_queue_when_its_instances_are_launched() {
    let aws = aws().await;
    let folder = TempDir::new().unwrap();
    let params = folder.path().join("samples.csv");
    std::fs::write(&params, "sample,rate\nNA12878,1.10\n\"NA, 2\",2\n").unwrap();
    let line = traced(&[
        "--count",
        "2",
        "--job-array-name",
        "align",
        "--param-file",
        params.to_str().unwrap(),
        "--output",
        "s3://results/run-1/",
        "--env",
        "REFERENCE=hg38",
        "--timeout",
        "1h",
        "--retries",
        "2",
        "--slots",
        "4",
        "--on-complete",
        "stop",
        "--on-complete",
        "lambda:merge",
        "--",
        "./align.sh",
        "{sample}",
        "{index:03}",
    ]);
    let launched = json(&launch(aws, &line).run().await.unwrap());
    let id = launched["array_id"].as_str().unwrap();
    let (name, unique) = id.rsplit_once('-').unwrap();
    assert_eq!((name, unique.len()), ("align", 8));
    assert_eq!((&launched["tasks"], &launched["output"]), (&json!(2), &json!("s3://results/run-1/")));

    let found = array(aws, id).await;
    let expected = json!({
        "name": "align", "size": 2, "command": ["./align.sh", "{sample}", "{index:03}"], "shell": false,
        "output": "s3://results/run-1/", "hook": "merge", "env": {"REFERENCE": "hg38"}, "has_params": true,
        "topology": "joined", "timeout_ms": 3_600_000, "retries": 2, "round": 1, "ready": true, "hook_state": "waiting",
        "queue_url": launched["queue_url"],
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&found[key], value, "{key}: {found:#}");
    }
    for (index, sample) in [(0, "NA12878"), (1, "NA, 2")] {
        let task = partition(aws, &format!("{id}#{index}")).await;
        assert_eq!((&task[0]["state"], &task[0]["attempt"]), (&json!("pending"), &json!(0)), "{task:?}");
        let params = partition(aws, &format!("{id}#{index}#params")).await;
        assert_eq!(params[0]["params"]["sample"], sample);
    }

    // The array's span hangs below the launch, and the messages continue it.
    let trace_id = launched["trace_id"].as_str().unwrap();
    let own = found["traceparent"].as_str().unwrap();
    let sent = messages(aws, launched["queue_url"].as_str().unwrap()).await;
    assert_eq!(sent, [json!([0, own]), json!([1, own])]);
    assert_eq!(own.split('-').nth(1), Some(trace_id));
    let documents = documents(aws, trace_id).await;
    let root = documents.iter().find(|document| document["parent_id"].is_null()).unwrap();
    assert_eq!(found["launch_traceparent"], format!("00-{trace_id}-{}-01", root["id"].as_str().unwrap()));
    let mut parts: Vec<(f64, &str)> = documents
        .iter()
        .filter(|document| document["parent_id"] == root["id"])
        .map(|document| (document["start_time"].as_f64().unwrap(), document["name"].as_str().unwrap()))
        .filter(|(_, name)| name.starts_with("array"))
        .collect();
    parts.sort_by(|one, other| one.0.total_cmp(&other.0));
    let names: Vec<&str> = parts.into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["array queue", "array records", "array messages"]);

    for launched in launched["instances"].as_array().unwrap() {
        let instance = instance(aws, launched["instance_id"].as_str().unwrap()).await;
        let tags = ["spawn:array-id", "spawn:slots", "spawn:on-complete", "Name"].map(|key| tag(&instance, key));
        assert_eq!(tags, [Some(id), Some("4"), Some("stop"), Some("align")]);
    }
}

#[tokio::test]
async fn a_command_alone_is_an_array_of_a_task_for_each_instance() {
    let aws = aws().await;
    let line = ["--count", "3", "--name", "mine", "--", "/opt/tools/fold.py", "{index}"];
    let launched = json(&launch(aws, &line).run().await.unwrap());
    let id = launched["array_id"].as_str().unwrap();
    assert!(id.starts_with("fold-") && launched["tasks"] == 3, "{launched}");
    let bucket = "spawn-123456789012-us-east-1";
    assert_eq!(launched["output"], format!("s3://{bucket}/arrays/{id}/"));
    let found = array(aws, id).await;
    assert!(found["traceparent"].is_null(), "nothing is traced: {found}");
    let instance = instance(aws, launched["instances"][0]["instance_id"].as_str().unwrap()).await;
    assert_eq!(tag(&instance, "Name"), Some("mine"));
}

#[tokio::test]
async fn parameters_come_from_three_forms() {
    let aws = aws().await;
    let folder = TempDir::new().unwrap();
    for (file, text) in [
        ("p.json", r#"[{"a": "x y", "b": 1.10}, {"a": true}]"#),
        ("p.yaml", "- a: x y\n  b: 1.10\n- a: true\n"),
        ("p.csv", "a,b\nx y,1.10\ntrue,\n"),
    ] {
        let path = folder.path().join(file);
        std::fs::write(&path, text).unwrap();
        let line = ["--param-file", path.to_str().unwrap(), "--", "./x", "{a}"];
        let launched = json(&launch(aws, &line).run().await.unwrap());
        let id = launched["array_id"].as_str().unwrap();
        let of = async |index: u32| partition(aws, &format!("{id}#{index}#params")).await[0]["params"].clone();
        assert_eq!(of(0).await, json!({"a": "x y", "b": "1.10"}), "{file}");
        assert_eq!(of(1).await["a"], "true", "{file}");
    }
}

#[tokio::test]
async fn a_large_array_is_linked_and_a_small_one_joined_unless_told() {
    let aws = aws().await;
    for (flags, expected) in [
        (&["--tasks", "8"][..], "joined"),
        (&["--tasks", "9"], "linked"),
        (&["--tasks", "9", "--topology", "joined"], "joined"),
        (&["--tasks", "1", "--tag", "spawn:tracing-topology=linked"], "linked"),
    ] {
        let line = [flags, &["--", "./x"]].concat();
        let launched = json(&launch(aws, &line).run().await.unwrap());
        let id = launched["array_id"].as_str().unwrap();
        assert_eq!(array(aws, id).await["topology"], expected, "{flags:?}");
    }
}

#[tokio::test]
async fn a_dry_run_makes_no_array() {
    let aws = aws().await;
    // The table is there, so that it can be looked into.
    json(&launch(aws, &[]).run().await.unwrap());
    let output = launch(aws, &["--dry-run", "--job-array-name", "dry", "--", "./x"]).run().await.unwrap();
    let answer = json(&output);
    let told = ": 1 task, results in s3://spawn-123456789012-us-east-1/arrays/dry-";
    assert!(output.stderr.contains(told), "{}", output.stderr);
    let id = answer["array_id"].as_str().unwrap();
    assert_eq!(partition(aws, id).await, Vec::<Value>::new());
    assert!(answer["queue_url"].is_null());
    let queues = aws.boto3("boto3.client('sqs').list_queues(QueueNamePrefix='spawn-dry-').get('QueueUrls', [])").await;
    assert_eq!(queues.unwrap(), json!([]));
}

#[tokio::test]
async fn more_instances_join_an_array_that_is_there() {
    let aws = aws().await;
    let line = ["--job-array-name", "joined-later", "--tasks", "5", "--", "./x"];
    let first = json(&launch(aws, &line).run().await.unwrap());
    let id = first["array_id"].as_str().unwrap();
    for word in [id, "joined-later"] {
        let joined = json(&launch(aws, &["--join", word, "--slots", "2"]).run().await.unwrap());
        for key in ["array_id", "tasks", "queue_url", "output"] {
            assert_eq!(joined[key], first[key], "{key}");
        }
        let instance = instance(aws, joined["instances"][0]["instance_id"].as_str().unwrap()).await;
        let tags = ["spawn:array-id", "spawn:slots", "Name"].map(|key| tag(&instance, key));
        assert_eq!(tags, [Some(id), Some("2"), Some("joined-later")]);
    }
    let none = launch(aws, &["--join", "nobody-knows"]).run().await.unwrap();
    assert_eq!(none.status, 1, "{}", none.stderr);
    assert!(none.stderr.contains("no job array is nobody-knows"), "{}", none.stderr);
}

#[tokio::test]
async fn ten_thousand_tasks_are_written_in_reasonable_time() {
    let aws = aws().await;
    let began = std::time::Instant::now();
    let line = traced(&["--job-array-name", "large", "--tasks", "10000", "--", "./x"]);
    let output = launch(aws, &line).run().await.unwrap();
    let took = began.elapsed();
    let launched = json(&output);
    for part in ["writing records: 10000 of 10000", "sending messages: 10000 of 10000", "array large-"] {
        assert!(output.stderr.contains(part), "{}", output.stderr);
    }
    let id = launched["array_id"].as_str().unwrap();
    let url = launched["queue_url"].as_str().unwrap();
    let code = format!(
        "t = boto3.resource('dynamodb').Table('spawn-job-arrays')\n\
         from boto3.dynamodb.conditions import Key\n\
         tasks = [t.query(KeyConditionExpression=Key('PK').eq(f'{id}#{{s}}'), Select='COUNT')['Count'] for s in range(16)]\n\
         [tasks, boto3.client('sqs').get_queue_attributes(QueueUrl='{url}', AttributeNames=['All'])['Attributes']['ApproximateNumberOfMessages']]"
    );
    assert_eq!(aws.boto3(&code).await.unwrap(), json!([vec![625; 16], "10000"]));
    // Some 5 s on an idle machine, most of them the emulators'.
    assert!(took.as_secs() < 50, "{took:?}");
}
