//! The pages, and what they ask for.

use super::*;

#[tokio::test]
async fn the_page_may_run_itself_and_nothing_else() {
    let server = start(Bounds::default()).await;
    for path in ["/", "/trace/1-6b0120b8-000000000123456789abcdef"] {
        let answer = server.get(path).await;
        assert!(answer.status == 200 && answer.head.contains("content-type: text/html"), "{}", answer.head);
        assert!(answer.text().contains("<title>Traces</title>"));
        let policy = answer.head.lines().find_map(|line| line.strip_prefix("content-security-policy: ")).unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
        assert!(policy.contains("connect-src 'self'") && policy.ends_with("frame-ancestors 'none'"), "{policy}");
        for (name, value) in crate::serve::pages::SAFE {
            assert!(answer.head.contains(&format!("{name}: {value}")), "{name}: {}", answer.head);
        }
    }
    let answer = server.get("/api/traces").await;
    assert!(answer.head.contains("content-security-policy: default-src 'none'"), "{}", answer.head);
}

#[tokio::test]
async fn a_trace_is_found_by_both_forms_of_its_id() {
    let server = start(Bounds::default()).await;
    server.send(vec![span(7, 1, "a")]).await;
    for id in ["00000000000000070000000000000001", "1-00000000-000000070000000000000001"] {
        assert_eq!(server.get(&format!("/api/traces/{id}")).await.json()["spans"][0]["name"], "a");
    }
}

#[tokio::test]
async fn a_search_finds_what_it_asks_for() {
    let server = start(Bounds::default()).await;
    let slow = Message { end_time_unix_nano: 1_760_000_003_000_000_000, ..span(1, 1, "slow") };
    let failed = opentelemetry_proto::tonic::trace::v1::Status { code: 2, ..Default::default() };
    let failed = Message { status: Some(failed), ..span(2, 2, "failed") };
    let array = vec![text("spawn.job_array.name", "align"), text("deep", "needle in Hay")];
    let array = Message { attributes: array, ..span(3, 3, "task") };
    server.send(vec![slow, failed, array]).await;
    let found = async |asked: &str| {
        let answer = server.get(&format!("/api/traces?{asked}")).await.json();
        let names = answer["traces"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned());
        (names.collect::<Vec<_>>(), answer["more"].as_bool().unwrap())
    };
    for (asked, names) in [
        ("", &["task", "failed", "slow"][..]),
        ("service=SHOP", &["task", "failed", "slow"]),
        ("service=other", &[]),
        ("error=true", &["failed"]),
        ("slower_than=2s", &["slow"]),
        ("array=align", &["task"]),
        ("text=hay", &["task"]),
        ("text=SLO", &["slow"]),
        ("from=2025-10-09T08:53:23Z", &["slow"]),
        ("to=2025-10-09T08:53:20Z", &[]),
        ("error=true&array=align", &[]),
    ] {
        assert_eq!(found(asked).await, (names.iter().map(|&name| name.to_owned()).collect(), false), "{asked}");
    }
    assert_eq!(found("limit=1").await, (vec!["task".to_owned()], true));
    let map = server.get("/api/map?error=true").await.json();
    assert_eq!(map["nodes"][0]["name"], "shop", "{map}");
    let arrays = server.get("/api/arrays").await;
    assert_eq!(arrays.status, 200, "{}", arrays.text());
}

#[tokio::test]
async fn what_had_to_make_room_is_told_everywhere() {
    let server = start(Bounds { spans: 10, ..Bounds::default() }).await;
    for trace in 1..=6_u64 {
        server.send(vec![span(trace, 2 * trace, "a"), span(trace, 2 * trace + 1, "b")]).await;
    }
    let status = server.status().await;
    let counted = ["spans", "traces", "evicted_spans", "evicted_traces", "received", "keep_spans"]
        .map(|key| status[key].as_u64());
    assert_eq!(counted.map(Option::unwrap), [10, 5, 2, 1, 12, 10]);
    let said =
        "1 traces with 2 spans have made room for newer ones: --keep-spans and --keep-bytes say how much is kept";
    assert_eq!(status["problems"], serde_json::json!([said]));
    wait_until("the person at the terminal is told", async || {
        server.told.lock().unwrap().contains(&said.to_owned()).then_some(())
    })
    .await;
    assert_eq!(server.get("/api/traces/1-00000000-000000010000000000000001").await.status, 404);
    server.send(vec![span(1, 99, "late")]).await;
    let trace = server.get("/api/traces/1-00000000-000000010000000000000001").await.json();
    let notes = trace["notes"].to_string();
    assert!(notes.contains("earlier spans of this trace have made room for newer ones"), "{notes}");
    let list = server.get("/api/traces?limit=1").await.json();
    assert_eq!(list["traces"][0]["note_count"], 1);
    let ended = server.stop().await;
    assert_eq!((ended.tally.received, ended.tally.evicted_spans), (13, 4));
}

#[tokio::test]
async fn a_file_is_followed_as_it_grows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spans.jsonl");
    let line = |spans| serde_json::to_string(&request(spans)).unwrap() + "\n";
    std::fs::write(&path, line(vec![span(1, 1, "a")])).unwrap();
    let server = serving(Options { from: vec![path.clone()], ..Options::default() }).await;
    let spans = async |count: u64| {
        wait_until("spans", async || (server.status().await["spans"] == count).then_some(())).await;
    };
    spans(1).await;
    std::fs::write(&path, line(vec![span(1, 1, "a")]) + &line(vec![span(1, 2, "b"), span(2, 3, "c")])).unwrap();
    spans(3).await;
    assert_eq!(server.status().await["received"], 3);
    std::fs::write(&path, line(vec![span(1, 1, "a")]) + "no JSON\n").unwrap();
    let problem =
        wait_until("a problem", async || server.status().await["problems"][0].as_str().map(str::to_owned)).await;
    assert!(problem.contains("spans.jsonl, line 2"), "{problem}");
    assert_eq!(server.told.lock().unwrap().as_slice(), [problem]);
}

#[tokio::test]
async fn a_path_that_is_not_there_yet_is_told_and_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("later.jsonl");
    let server = serving(Options { from: vec![path.clone()], ..Options::default() }).await;
    let told = wait_until("a word of it", async || server.told.lock().unwrap().first().cloned()).await;
    assert!(told.contains("later.jsonl cannot be read") && told.contains("it is tried again"), "{told}");
    std::fs::write(&path, serde_json::to_vec(&request(vec![span(1, 1, "a")])).unwrap()).unwrap();
    wait_until("its span", async || (server.status().await["spans"] == 1).then_some(())).await;
}

#[tokio::test]
async fn what_is_fed_from_elsewhere_is_shown() {
    let server = start(Bounds::default()).await;
    let of = request(vec![span(1, 1, "a")]).resource_spans.remove(0);
    let (spans, _) = crate::of_resource_spans(of);
    server.feed.add(&spans);
    server.feed.add(&spans);
    assert_eq!(server.get("/api/traces").await.json()["traces"][0]["span_count"], 1);
    assert!(server.feed.problem("X-Ray does not answer") && !server.feed.problem("X-Ray does not answer"));
    assert_eq!(server.status().await["problems"][0], "X-Ray does not answer");
}

const GUIDE: &str = include_str!("../../../../docs/how-to/see-traces-while-developing.md");

/// The first column of the table in the guide below this heading.
fn published(heading: &str) -> Vec<String> {
    let (_, rest) = GUIDE.split_once(&format!("## {heading}\n")).unwrap();
    let rows = rest.split("\n## ").next().unwrap().lines().filter(|line| line.starts_with("| "));
    rows.map(|row| row.trim_start_matches("| ").split(" | ").next().unwrap().trim_matches('`').to_owned())
        .skip(1)
        .collect()
}

#[tokio::test]
async fn the_guides_paths_are_all_there_are() {
    let server = start(Bounds::default()).await;
    server.send(vec![span(7, 1, "a")]).await;
    let paths = published("For programs");
    assert_eq!(paths, ["/api/traces", "/api/traces/ID", "/api/map", "/api/arrays", "/api/status", "/api/events"]);
    for path in paths.iter().filter(|path| *path != "/api/events") {
        let path = path.replace("ID", "1-00000000-000000070000000000000001");
        assert_eq!(server.get(&path).await.status, 200, "{path}");
    }
}

#[test]
fn the_guides_answers_are_those_that_the_tests_of_bad_input_have() {
    let tests = concat!(include_str!("bad_input.rs"), include_str!("clients.rs"));
    let codes: Vec<String> = published("What is refused").iter().map(|row| row[..3].to_owned()).collect();
    assert_eq!(codes, ["400", "403", "404", "413", "415", "429"]);
    assert!(codes.iter().all(|code| tests.contains(code)), "{codes:?}");
}
