//! `spawn status ARRAY` and `spawn results ARRAY`: what they show, of which array, and in how few requests.

use crate::array_fixture::{Array, HOST};
use crate::fixture::{aws, json, spawn};
use serde_json::{Value, json};
use spawn_config::Provider;
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::programs::Output;
use spawn_test_support::{Aws, FaultProxy};

async fn run(aws: &Aws, line: &str) -> Output {
    spawn(aws).args(line.split_whitespace()).run().await.unwrap()
}

/// Six tasks: two succeeded, one failed, one runs, two wait; two agents on EC2, one of them silent, and one here.
async fn seeded(aws: &Aws, id: &str) -> Array {
    let array = Array::seed(aws, id, 6).await;
    array.succeed(0).await;
    array.succeed(1).await;
    array.fail(2, "the command\u{1b}[2J ended with exit code 1").await;
    array.claim(3).await;
    array.agent(HOST, Provider::Ec2, 0).await;
    array.agent("i-0123456789abcdef1", Provider::Ec2, 3_600).await;
    array.agent("local-lab", Provider::Local, 0).await;
    array
}

#[tokio::test]
async fn status_tells_everything_about_an_array_to_programs() {
    let aws = aws().await;
    let array = seeded(aws, "told-00000001").await;
    let mut status = json(&run(aws, "status told -o json").await);
    let tasks = status["tasks"].take();
    let shown = json!({
        "id": status["array_id"], "name": status["name"], "size": status["size"], "command": status["command"],
        "states": status["states"], "attempts": status["attempts"], "again": status["attempts_again"],
        "agents": status["agents"].as_array().unwrap().iter().map(|agent| &agent["alive"]).collect::<Vec<_>>(),
        "hour": status["usd_per_hour"], "ended": status["ended_at"], "trace": status["trace_id"], "hook": status["hook_state"],
    });
    let expected = json!({
        "id": array.id(), "name": "told", "size": 6, "command": ["./align.sh", "{index}"],
        "states": { "pending": 2, "running": 1, "succeeded": 2, "failed": 1, "cancelled": 0 }, "attempts": 4, "again": 0,
        "agents": [true, false, true],
        "hour": 0.0104, "ended": null, "trace": "68e79a8050dd43dd8448eb211c80319c", "hook": "waiting",
    });
    assert_eq!(shown, expected, "{status:#}");
    let failed = &tasks[2];
    let shown = json!([
        failed["index"],
        failed["state"],
        failed["exit_code"],
        failed["host"],
        failed["seconds"],
        failed["reason"]
    ]);
    assert_eq!(shown, json!([2, "failed", 1, HOST, 30, "the command\u{1b}[2J ended with exit code 1"]));

    let lines = run(aws, &format!("status {} -o ndjson", array.id())).await.stdout;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[2]["reason"], &lines[5]["state"]), (6, &failed["reason"], &json!("pending")));
    let yaml = run(aws, "status told -o yaml").await.stdout;
    assert!(yaml.contains("array_id: told-00000001") && !yaml.contains('\u{1b}'), "{yaml}");
}

#[tokio::test]
async fn status_shows_a_page_without_what_could_harm_the_terminal() {
    let aws = aws().await;
    seeded(aws, "paged-00000001").await;
    let output = run(aws, "status paged-00000001").await;
    assert_eq!(output.status, 0, "{}", output.stderr);
    for part in [
        "array     paged-00000001",
        "50% of 6\n          2 succeeded, 1 failed, 1 running, 2 pending",
        "agents    2 on EC2, 1 local, 1 of them silent",
        "failed:\n  2: the command\\u{1b}[2J ended with exit code 1, on i-0123456789abcdef0",
    ] {
        assert!(output.stdout.contains(part), "no {part:?} in {}", output.stdout);
    }
    assert!(!output.stdout.contains('\u{1b}'), "{}", output.stdout);
}

#[tokio::test]
async fn results_has_a_line_for_each_task_and_the_code_of_a_partial_success() {
    let aws = aws().await;
    let array = seeded(aws, "results-00000001").await;
    let output = run(aws, "results results").await;
    assert_eq!(output.status, 5, "{}", output.stderr);
    let lines: Vec<Vec<&str>> = output.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    let result = format!("{}000000/output/", array.record.output);
    assert_eq!(lines[0], ["INDEX", "STATE", "EXIT", "ATTEMPT", "TIME", "HOST", "RESULT"]);
    assert_eq!(lines[1], ["0", "succeeded", "0", "1", "30s", HOST, &result]);
    assert_eq!(lines[3][..7], ["2", "failed", "1", "1", "30s", HOST, "the"]);
    assert_eq!(lines[5], ["4", "pending", "-", "0", "-", "-", "-"]);
    assert!(
        output.stderr.contains("6 tasks of results-00000001: 2 succeeded, 1 failed, 1 running, 2 pending"),
        "{}",
        output.stderr
    );
    let failed = run(aws, "results results --failed -o json").await;
    let failed: Value = serde_json::from_str(&failed.stdout).unwrap();
    assert_eq!((failed.as_array().unwrap().len(), &failed[0]["index"]), (1, &json!(2)));
    let some = run(aws, "results results --index 0-1,5").await;
    assert_eq!((some.status, some.stdout.lines().count()), (0, 4), "{}", some.stdout);
    let beyond = run(aws, "results results --index 6").await;
    assert_eq!((beyond.status, beyond.stdout.as_str()), (2, ""), "{}", beyond.stderr);
    assert!(beyond.stderr.contains("results-00000001 has no task 6: its tasks are 0 to 5"), "{}", beyond.stderr);
}

#[tokio::test]
async fn watching_ends_with_the_array_and_has_its_outcome() {
    let aws = aws().await;
    let array = Array::seed(aws, "watched-00000001", 2).await;
    array.succeed(0).await;
    let mut watching = spawn(aws).args(["status", "watched", "--watch", "1s"]).start().unwrap();
    let patience = std::time::Duration::from_secs(60);
    watching.wait_for_stdout(patience, |out| (out.lines().count() >= 2).then_some(())).await.unwrap();
    array.fail(1, "no").await;
    array.finish().await;
    assert_eq!(watching.wait(patience).await.unwrap(), 5, "{}", watching.stderr());
    let lines: Vec<Value> = watching.stdout().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<(u64, &str)> =
        lines.iter().map(|line| (line["index"].as_u64().unwrap(), line["state"].as_str().unwrap())).collect();
    assert_eq!((told[0], told[1], told.last()), ((0, "succeeded"), (1, "pending"), Some(&(1, "failed"))), "{told:?}");
    assert_eq!(run(aws, "status watched --watch -o ndjson").await.status, 5);
    assert_eq!(run(aws, "status watched -o ndjson").await.status, 0, "who only looks is told, not judged");
}

#[tokio::test]
async fn a_name_means_its_newest_array_and_several_under_way_are_told_apart() {
    let aws = aws().await;
    let old = Array::seed_with(aws, "twice-00000001", 1, |record| record.created_at -= 3_600_000).await;
    Array::seed(aws, "twice-00000002", 1).await;
    Array::seed(aws, "twice-longer-00000003", 1).await;
    let both = run(aws, "status twice").await;
    assert_eq!((both.status, both.stdout.as_str()), (2, ""), "{}", both.stderr);
    let named = "2 job arrays under way have the name twice: give the id of the one that you mean: \
                 twice-00000002 (2h old), twice-00000001 (3h old)";
    assert!(both.stderr.contains(named), "{}", both.stderr);
    old.succeed(0).await;
    old.finish().await;
    assert_eq!(json(&run(aws, "status twice -o json").await)["array_id"], "twice-00000002");
    assert_eq!(json(&run(aws, "status twice-00000001 -o json").await)["hook_state"], "done");
}

#[tokio::test]
async fn an_array_that_is_not_there_is_an_error_with_the_nearest_names() {
    let aws = aws().await;
    Array::seed(aws, "nearest-00000001", 1).await;
    for line in ["results neerest", "cancel neerest -y", "retry neerest"] {
        let output = run(aws, line).await;
        assert_eq!((output.status, output.stdout.as_str()), (1, ""), "{line}: {}", output.stderr);
        assert!(output.stderr.contains("no job array is neerest; did you mean nearest-00000001"), "{}", output.stderr);
    }
    let odd = run(aws, "results ../x").await;
    assert_eq!(odd.status, 2);
    assert!(odd.stderr.contains("a job array is named by its id, such as align-1a2b3c4d"), "{}", odd.stderr);
}

#[tokio::test]
async fn without_the_table_or_the_right_to_read_it_there_is_a_remedy() {
    let aws = Aws::start().await.unwrap();
    let none = run(&aws, "results align").await;
    assert_eq!(none.status, 1);
    assert!(none.stderr.contains("there is no table spawn-job-arrays in this account in us-east-1"), "{}", none.stderr);
    let refused = Action::json_error(
        400,
        "AccessDeniedException",
        "User: x is not authorized to perform: dynamodb:Query on resource: y",
    );
    let proxy = FaultProxy::start(aws.ministack_url()).unwrap();
    proxy.script([Rule::new(refused)]);
    let denied =
        spawn(&aws).args(["results", "align"]).env("AWS_ENDPOINT_URL_DYNAMODB", proxy.url()).run().await.unwrap();
    assert_eq!(denied.status, 1);
    assert!(
        denied.stderr.contains("dynamodb:Query") && denied.stderr.contains("to the policy of the identity"),
        "{}",
        denied.stderr
    );
    let sum = spawn(&aws).args(["status", "-o", "json"]).env("AWS_ENDPOINT_URL_DYNAMODB", proxy.url());
    assert_eq!(json(&sum.run().await.unwrap())["arrays"], json!([]));
}

#[tokio::test]
async fn arrays_under_way_stand_below_the_instances() {
    let aws = Aws::start().await.unwrap();
    let over = Array::seed(&aws, "over-00000001", 1).await;
    over.succeed(0).await;
    over.finish().await;
    Array::seed(&aws, "under-way-00000001", 3).await;
    let page = run(&aws, "status").await;
    let lines: Vec<&str> = page.stdout.lines().collect();
    let (head, row) = (lines[lines.len() - 2], lines[lines.len() - 1]);
    assert_eq!(head.split_whitespace().collect::<Vec<_>>(), ["ARRAY", "TASKS", "AGE", "COMMAND"], "{}", page.stdout);
    assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["under-way-00000001", "3", "2h", "./align.sh", "{index}"]);
    let sum = json(&run(&aws, "status -o json").await);
    assert_eq!(sum["arrays"].as_array().unwrap().len(), 1, "{sum:#}");
}

#[tokio::test]
async fn an_array_of_ten_thousand_tasks_is_read_in_seventeen_requests() {
    let aws = Aws::start().await.unwrap();
    let array = Array::seed(&aws, "large-00000001", 10_000).await;
    array.fail(9_999, &"x".repeat(5_000)).await;
    for word in ["large", array.id()] {
        let proxy = FaultProxy::start(aws.ministack_url()).unwrap();
        let status = spawn(&aws).args(["status", word, "-o", "json"]).env("AWS_ENDPOINT_URL_DYNAMODB", proxy.url());
        let status = json(&status.run().await.unwrap());
        assert_eq!((&status["states"]["pending"], &status["states"]["failed"]), (&json!(9_999), &json!(1)));
        let asked: Vec<String> =
            proxy.requests().iter().filter_map(|one| Some(one.header("x-amz-target")?.to_owned())).collect();
        assert!(asked.len() <= 17, "{}: {asked:?}", asked.len());
    }
}
