//! Looking at traces that X-Ray has: searches, waterfalls, links, arrays.

use crate::fixture::{aws, json, spawn};
use crate::trace_fixture::{put, shop};
use serde_json::Value;
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::programs::Output;
use spawn_test_support::{Aws, FaultProxy};

async fn look(line: &[&str]) -> Output {
    let output = spawn(aws().await).arg("trace").args(line).env("LANG", "C.UTF-8").run().await.unwrap();
    assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
    output
}

fn ids(listed: &Value) -> Vec<&str> {
    listed.as_array().unwrap().iter().map(|trace| trace["xray_trace_id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_list_finds_by_service_failure_length_and_time() {
    let [well, slow, failed] = shop(aws().await, "list-shop").await;
    let found = async |flags: &[&str]| {
        let line = [&["list", "--service", "list-shop", "-o", "json"], flags].concat();
        let listed = json(&look(&line).await);
        let mut found: Vec<String> = ids(&listed).into_iter().map(str::to_owned).collect();
        found.sort();
        found
    };
    let sorted = |mut ids: Vec<String>| {
        ids.sort();
        ids
    };
    assert_eq!(found(&[]).await, sorted(vec![well.clone(), slow.clone(), failed.clone()]));
    assert_eq!(found(&["--error"]).await, std::slice::from_ref(&failed));
    assert_eq!(found(&["--slower-than", "2s"]).await, std::slice::from_ref(&slow));
    assert_eq!(found(&["--slower-than", "600ms"]).await, sorted(vec![slow.clone(), failed]));
    assert_eq!(found(&["--until", "2m"]).await, Vec::<String>::new());
    assert_eq!(found(&["--since", "2d"]).await.len(), 3);
    assert_eq!(found(&["--limit", "1"]).await.len(), 1);
    let table = look(&["list", "--service", "list-shop", "--limit", "2", "--width", "100"]).await;
    assert!(table.stdout.starts_with("ID ") && table.stdout.lines().count() == 3, "{}", table.stdout);
    assert!(table.stderr.contains("2 traces, the newest; there are more"), "{}", table.stderr);
}

#[tokio::test]
async fn a_trace_is_shown_by_either_form_of_its_id_with_its_cause_and_its_console() {
    let [_, _, failed] = shop(aws().await, "shown-shop").await;
    let hexadecimal = failed[2..].replace('-', "");
    let shown = look(&["show", &failed, "--width", "100"]).await;
    assert_eq!(shown.status, 0, "{}", shown.stderr);
    assert_eq!(look(&["show", &hexadecimal, "--width", "100"]).await.stdout, shown.stdout);
    for part in ["! shown-shop", "StoreClosed: the store is closed", "└─ DynamoDB", "500 ms", "700 ms"] {
        assert!(shown.stdout.contains(part), "no {part:?} in\n{}", shown.stdout);
    }
    let console =
        format!("https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#xray:traces/{failed}");
    assert_eq!(shown.stdout.lines().last(), Some(console.as_str()));
    let data = json(&look(&["show", &failed, "-o", "json"]).await);
    assert_eq!((&data["xray_trace_id"], data["spans"].as_array().unwrap().len()), (&Value::String(failed), 2));
}

#[tokio::test]
async fn a_trace_that_is_not_there_is_told_with_what_to_do() {
    let [well, ..] = shop(aws().await, "there-shop").await;
    let nowhere = "1-6b021b31-ffffffffffffffffffffffff";
    let none = look(&["show", nowhere]).await;
    assert_eq!((none.status, none.stdout.as_str()), (1, ""));
    for part in [nowhere, "us-east-1", "spawn trace flush", "--region"] {
        assert!(none.stderr.contains(part), "no {part:?} in {}", none.stderr);
    }
    let one = look(&["show", &well, nowhere]).await;
    assert_eq!(one.status, 5, "{}", one.stderr);
    assert!(one.stdout.contains(&well) && one.stderr.contains(nowhere), "{}{}", one.stdout, one.stderr);
    let wrong = look(&["show", "1-xyz"]).await;
    assert_eq!(wrong.status, 2, "{}", wrong.stderr);
}

/// An array whose three attempts are traces of their own.
const LINKED: &str = r#"
home, root = trace_id(), hexadecimal(8)
about = {"spawn_job_array_id": "linked-0000002a", "spawn_job_array_name": "linked"}
put({"name": "spored", "id": root, "trace_id": home, "start_time": now - 90, "end_time": now - 10, "annotations": about,
     "metadata": {"spawn": {"name": "array linked"}}})
ids = []
for index, (length, outcome) in enumerate([(2, "succeeded"), (4, "failed"), (2, "succeeded")]):
    trace, task = trace_id(), hexadecimal(8)
    annotations = {**about, "spawn_job_array_index": index, "spawn_task_attempt": 1, "spawn_task_outcome": outcome,
                   "task_id": f"linked-0000002a/{index}"}
    links = [{"trace_id": home, "id": root}]
    failure = {"fault": True, "cause": {"exceptions": [{"id": hexadecimal(8), "message": "exit code 3"}]}}
    put({"name": "spored", "id": task, "trace_id": trace, "start_time": now - 80, "end_time": now - 80 + length,
         "annotations": annotations, "links": links, "metadata": {"spawn": {"name": f"task linked[{index}]"}},
         **(failure if outcome == "failed" else {})},
        {"name": "run", "id": hexadecimal(8), "parent_id": task, "type": "subsegment", "trace_id": trace,
         "start_time": now - 79.5, "end_time": now - 80 + length})
    ids.append(trace)
ids
"#;

#[tokio::test]
async fn an_array_is_gathered_from_the_traces_of_its_attempts_and_its_tasks_are_compared() {
    let tasks = put(aws().await, LINKED).await;
    let shown = look(&["array", "linked", "--width", "100"]).await;
    assert_eq!(shown.status, 0, "{}", shown.stderr);
    for part in ["array linked  linked-0000002a", "3 tasks, 1 failed", "! 1 task (1): exit code 3"] {
        assert!(shown.stdout.contains(part), "no {part:?} in\n{}", shown.stdout);
    }
    let next = format!("task 1: spawn trace show {}", tasks[1].as_str().unwrap());
    assert!(shown.stdout.contains(&next), "no {next:?} in\n{}", shown.stdout);
    assert_eq!(look(&["array", "linked-0000002a", "--width", "100"]).await.stdout, shown.stdout);
    let data = json(&look(&["array", "linked", "-o", "json"]).await);
    let order: Vec<&Value> = data["tasks"].as_array().unwrap().iter().map(|task| &task["index"]).collect();
    assert_eq!(order, [1, 0, 2]);
    let compared = look(&["compare", "linked[0]", "linked[1]", "--width", "100"]).await;
    assert_eq!(compared.status, 0, "{}", compared.stderr);
    assert!(
        compared.stdout.contains("task linked[1]  4.00 s") && compared.stdout.contains("+2.00 s"),
        "{}",
        compared.stdout
    );
    let none = look(&["compare", "linked[0]", "linked[7]"]).await;
    assert!(none.status == 1 && none.stderr.contains("no task linked[7]"), "{}", none.stderr);
}

#[tokio::test]
async fn a_map_of_a_search_counts_each_call_once() {
    shop(aws().await, "mapped-shop").await;
    let map = json(&look(&["map", "--service", "mapped-shop", "-o", "json"]).await);
    let node = |name: &str| map["nodes"].as_array().unwrap().iter().find(|node| node["name"] == name).unwrap().clone();
    assert_eq!((&node("mapped-shop")["kind"], &node("DynamoDB")["kind"]), (&"service".into(), &"aws".into()), "{map}");
    let text = look(&["map", "--service", "mapped-shop", "--width", "100"]).await.stdout;
    assert!(text.contains("\n  -> DynamoDB") && text.contains("1 (33 %)"), "{text}");
}

#[tokio::test]
async fn what_waits_in_the_spool_is_shown_with_what_x_ray_has() {
    let [well, ..] = shop(aws().await, "spooled-shop").await;
    let nowhere = "http://127.0.0.1:9";
    let parent = format!("00-{}-{}-01", well[2..].replace('-', ""), "0123456789abcdef");
    let exec = spawn(aws().await)
        .envs([("TRACING_ENABLED", "true"), ("AWS_ENDPOINT_URL_XRAY", nowhere), ("TRACEPARENT", &parent)])
        .args(["trace", "exec", "--name", "waits here", "--", "true"]);
    assert_eq!(exec.run().await.unwrap().status, 0);
    let shown = look(&["show", &well, "--width", "100"]).await;
    assert_eq!(shown.status, 0, "{}", shown.stderr);
    assert!(shown.stdout.contains("waits here (spawn)") && shown.stdout.contains("spooled-shop"), "{}", shown.stdout);
}

#[tokio::test]
async fn without_a_region_nothing_is_asked() {
    let output = spawn(aws().await).args(["trace", "list"]).env_remove("AWS_REGION").env_remove("AWS_DEFAULT_REGION");
    let output = output.run().await.unwrap();
    assert_eq!(output.status, 2, "{}", output.stderr);
    assert!(output.stderr.contains("no AWS region") && output.stderr.contains("--from PATH"), "{}", output.stderr);
}

#[tokio::test]
async fn whoever_may_not_look_is_told_the_statement_that_lets_them() {
    let proxy = FaultProxy::start(aws().await.moto_url()).unwrap();
    let message = "User: arn:aws:iam::123456789012:user/kim is not authorized to perform this";
    let cases =
        [("list", "xray:GetTraceSummaries"), ("show 1-6b021b31-0123456789abcdef01234567", "xray:BatchGetTraces")];
    for (line, action) in cases {
        proxy.script([Rule::new(Action::json_error(403, "AccessDeniedException", message))]);
        let output = spawn(aws().await).env("AWS_ENDPOINT_URL", proxy.url()).arg("trace").args(line.split(' '));
        let output = output.run().await.unwrap();
        assert_eq!((output.status, output.stdout.as_str()), (1, ""), "{}", output.stderr);
        let statement = format!(r#""Sid":"LookAtTraces","Effect":"Allow","Action":"{action}""#);
        assert!(output.stderr.contains(&statement), "no {statement} in {}", output.stderr);
    }
}

#[tokio::test]
async fn a_search_that_x_ray_answers_on_many_pages_is_read_to_its_end() {
    let code = "many = [trace_id() for _ in range(70)]\n\
                [put({'name': 'paged-shop', 'id': hexadecimal(8), 'trace_id': trace, 'start_time': now - 60, 'end_time': now - 59}) \
                for trace in many]\nmany";
    let ids = put(aws().await, code).await;
    let line = ["list", "--service", "paged-shop", "--limit", "100", "-o", "json"];
    assert_eq!(json(&look(&line).await).as_array().unwrap().len(), ids.as_array().unwrap().len());
}

#[tokio::test]
async fn looks_at_traces_do_not_hide_what_is_looked_for() {
    let aws = Aws::start().await.unwrap();
    shop(&aws, "hidden-shop").await;
    let list = async |flags: &[&str]| {
        let program = spawn(&aws).envs([("TRACING_ENABLED", "true"), ("OTEL_TRACES_SAMPLER", "always_on")]);
        program.args(["trace", "list"]).args(flags).run().await.unwrap()
    };
    // What the first look could not deliver in its time, the next one does.
    list(&[]).await;
    spawn(&aws).env("TRACING_ENABLED", "true").args(["trace", "flush"]).run().await.unwrap();
    let listed = list(&[]).await;
    assert!(listed.stdout.lines().count() == 4 && !listed.stdout.contains("spawn trace list"), "{}", listed.stdout);
    assert!(listed.stderr.contains("not shown (--looks)"), "{}", listed.stderr);
    let with_looks = list(&["--looks"]).await.stdout;
    assert!(with_looks.contains("spawn trace list"), "{with_looks}");
}
