//! `spawn list`: regions, filters, forms, cost, and watching, over instances that boto3 made.

use crate::fixture::{all_documents, json, spawn};
use serde_json::{Value, json};
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::{Aws, FaultProxy, wait_until};
use std::time::Duration;
use tokio::sync::OnceCell;

const PATIENCE: Duration = Duration::from_secs(30);

/// Emulators of this file's own: other tests launch in theirs while these count.
static AWS: OnceCell<Aws> = OnceCell::const_new();

async fn aws() -> &'static Aws {
    AWS.get_or_init(|| async { Aws::start().await.unwrap() }).await
}

/// Makes instances as a launch does, with a name and further tags; answers their ids.
async fn made(region: &str, count: usize, kind: &str, tags: &[(&str, &str)]) -> Vec<String> {
    let managed = ("spawn:managed", "true");
    let tags: Vec<Value> =
        tags.iter().chain([&managed]).map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    let code = format!(
        "[i['InstanceId'] for i in boto3.client('ec2', region_name='{region}').run_instances(ImageId='ami-12c6146b', \
         MinCount={count}, MaxCount={count}, InstanceType='{kind}', TagSpecifications=[{{'ResourceType': 'instance', \
         'Tags': {tags}}}])['Instances']]",
        tags = Value::from(tags)
    );
    serde_json::from_value(aws().await.boto3(&code).await.unwrap()).unwrap()
}

async fn list(args: &[&str]) -> Value {
    json(&spawn(aws().await).arg("list").args(args).args(["-o", "json"]).run().await.unwrap())
}

fn ids(listed: &Value) -> Vec<String> {
    listed.as_array().unwrap().iter().map(|row| row["instance_id"].as_str().unwrap().to_owned()).collect()
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

/// The operations that went through the proxy.
fn calls(proxy: &FaultProxy, operation: &str) -> usize {
    let action = format!("Action={operation}");
    proxy.requests().iter().filter(|request| request.text().split('&').any(|pair| pair == action)).count()
}

/// A page as EC2 answers it: this many instances, and the way to the next page where there is one.
fn page(instances: std::ops::Range<usize>, next: Option<&str>) -> Action {
    let item = |index| {
        format!(
            "<item><instancesSet><item><instanceId>i-{index:017x}</instanceId><instanceType>t3.micro</instanceType>\
             <instanceState><code>16</code><name>running</name></instanceState>\
             <launchTime>2026-11-01T10:00:00.000Z</launchTime></item></instancesSet></item>"
        )
    };
    let items: String = instances.map(item).collect();
    let next = next.map(|token| format!("<nextToken>{token}</nextToken>")).unwrap_or_default();
    let body = format!(
        "<DescribeInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><reservationSet>{items}\
         </reservationSet>{next}</DescribeInstancesResponse>"
    );
    Action::respond(200, &[("content-type", "text/xml")], body)
}

#[tokio::test]
async fn a_thousand_instances_are_one_call_and_more_are_pages_of_a_thousand() {
    // An emulator takes minutes for so many, so the pages are made here; what is counted is what spawn asks for.
    for (pages, expected) in
        [(vec![page(0..1000, None)], 1000), (vec![page(0..1000, Some("more")), page(1000..1500, None)], 1500)]
    {
        let proxy = FaultProxy::start(aws().await.moto_url()).unwrap();
        let count = pages.len();
        proxy.script(pages.into_iter().map(|page| Rule::new(page).form_action("DescribeInstances").once()));
        let line = ["list", "-o", "ndjson"];
        let output = spawn(aws().await).args(line).env("AWS_ENDPOINT_URL", proxy.url()).run().await.unwrap();
        assert_eq!((output.status, output.stdout.lines().count()), (0, expected), "{}", output.stderr);
        assert_eq!(calls(&proxy, "DescribeInstances"), count);
        assert!(proxy.requests().iter().all(|request| request.text().contains("MaxResults=1000")));
    }
}

#[tokio::test]
async fn regions_are_asked_at_the_same_time() {
    let proxy = FaultProxy::start(aws().await.moto_url()).unwrap();
    proxy.script([Rule::new(Action::Hang).form_action("DescribeInstances")]);
    let regions =
        ["us-east-1", "us-west-2", "eu-west-1", "ap-south-1"].into_iter().flat_map(|region| ["--region", region]);
    let mut list = spawn(aws().await).arg("list").args(regions).env("AWS_ENDPOINT_URL", proxy.url()).start().unwrap();
    // None is answered, and all are asked.
    let asked = || (calls(&proxy, "DescribeInstances") == 4).then_some(());
    wait_until("four questions", PATIENCE, asked).await.unwrap();
    list.signal("INT").unwrap();
    assert_eq!(list.wait(PATIENCE).await.unwrap(), 130, "{}", list.stderr());
}

#[tokio::test]
async fn all_regions_are_asked_and_each_row_says_its_region() {
    let mine = [
        made("eu-west-3", 1, "t3.micro", &[("Name", "everywhere")]).await,
        made("us-west-1", 1, "t3.micro", &[("Name", "everywhere")]).await,
    ]
    .concat();
    let listed = list(&["--all-regions", "everywhere", "--sort", "zone"]).await;
    assert_eq!(ids(&listed), mine);
    assert_eq!((&listed[0]["region"], &listed[1]["region"]), (&"eu-west-3".into(), &"us-west-1".into()));
}

#[tokio::test]
async fn a_region_that_fails_is_named_and_does_not_hide_the_others() {
    let mine = made("eu-west-2", 1, "t3.micro", &[("Name", "partial")]).await;
    let proxy = FaultProxy::start(aws().await.moto_url()).unwrap();
    // Regions are asked at the same time, so one of the two answers is this.
    let refused = Action::ec2_error(403, "UnauthorizedOperation", "no");
    proxy.script([Rule::new(refused).form_action("DescribeInstances").once()]);
    let line = ["list", "partial", "--region", "eu-west-2", "--region", "eu-west-2", "-o", "json"];
    let one = spawn(aws().await).args(line).env("AWS_ENDPOINT_URL", proxy.url()).run().await.unwrap();
    assert_eq!((one.status, one.stdout.as_str()), (1, ""), "the only region failed: {}", one.stderr);

    proxy.script([Rule::new(Action::ec2_error(403, "UnauthorizedOperation", "no"))
        .form_action("DescribeInstances")
        .once()]);
    let line = ["list", "partial", "--region", "eu-west-2", "--region", "eu-central-2", "-o", "json"];
    let some = spawn(aws().await).args(line).env("AWS_ENDPOINT_URL", proxy.url()).run().await.unwrap();
    assert_eq!(some.status, 5, "{}", some.stderr);
    assert!(
        some.stderr.contains("is not in this list: EC2 DescribeInstances: UnauthorizedOperation"),
        "{}",
        some.stderr
    );
    let listed: Value = serde_json::from_str(&some.stdout).unwrap();
    // Whichever failed, the other's instances are there.
    let of_failed = some.stderr.contains("eu-west-2 is not in this list");
    assert_eq!(ids(&listed), if of_failed { Vec::new() } else { mine });
}

#[tokio::test]
async fn filters_choose_by_array_tag_state_type_and_name() {
    let region = ["--region", "ap-northeast-1"];
    let web = made(region[1], 2, "t3.small", &[("Name", "web-1"), ("team", "a")]).await;
    let job = made(region[1], 1, "m5.large", &[("Name", "job"), ("spawn:array-id", "arr-1")]).await;
    let stop = format!("boto3.client('ec2', region_name='{}').stop_instances(InstanceIds=['{}'])", region[1], web[1]);
    aws().await.boto3(&stop).await.unwrap();
    for (filters, expected) in [
        (&["--array", "arr-1"][..], &job[..]),
        (&["--tag", "team=a"], &web),
        (&["--tag", "team", "--state", "stopped"], &web[1..]),
        (&["--type", "m5.*"], &job),
        (&["web-?"], &web),
        (&["web-1", "--state", "running"], &web[..1]),
        (&[&job[0], "web-1", "--type", "t3.small"], &web),
        (&["--tag", "team=b"], &[]),
    ] {
        let listed = list(&[&region[..], filters].concat()).await;
        assert_eq!(sorted(ids(&listed)), sorted(expected.to_vec()), "{filters:?}");
    }
}

#[tokio::test]
async fn cost_and_end_are_shown_with_the_date_of_the_prices() {
    let mine = made("us-east-1", 1, "m5.large", &[("Name", "costly"), ("spawn:ttl", "8h")]).await;
    let listed = list(&["costly"]).await;
    let row = &listed[0];
    assert_eq!(
        (&row["instance_id"], &row["usd_per_hour"], &row["prices_as_of"]),
        (&mine[0].as_str().into(), &0.096.into(), &"2026-07-20".into())
    );
    assert!(row["usd_so_far"].as_f64().is_some_and(|usd| usd < 0.096) && row["ends_at"].is_string(), "{row:#}");
    let table = spawn(aws().await).args(["list", "costly"]).run().await.unwrap();
    let cells: Vec<&str> = table.stdout.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!((cells[0], cells[1], cells[2], cells[5]), (mine[0].as_str(), "costly", "m5.large", "0.0960"));
    assert!(table.stdout.lines().all(|line| line.chars().count() <= 80), "{}", table.stdout);
    assert!(table.stderr.contains("(list prices of 2026-07-20)"), "{}", table.stderr);
}

#[tokio::test]
async fn a_price_table_of_the_users_own_is_taken_and_a_bad_one_refused() {
    made("eu-south-1", 1, "t3.micro", &[("Name", "own-price")]).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prices.csv");
    let line = ["list", "own-price", "--region", "eu-south-1", "-o", "json"];
    std::fs::write(&file, "# As of: 2026-11-01\nregion,instance_type,usd_per_hour\neu-south-1,t3.micro,0.012\n")
        .unwrap();
    let listed = json(&spawn(aws().await).args(line).env("SPAWN_PRICES", &file).run().await.unwrap());
    assert_eq!((&listed[0]["usd_per_hour"], &listed[0]["prices_as_of"]), (&0.012.into(), &"2026-11-01".into()));
    std::fs::write(&file, "region,instance_type,usd_per_hour\neu-south-1,t3.micro,free\n").unwrap();
    let refused = spawn(aws().await).args(line).env("SPAWN_PRICES", &file).run().await.unwrap();
    assert_eq!(refused.status, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("line 2 of the price table"), "{}", refused.stderr);
}

#[tokio::test]
async fn each_form_says_the_same() {
    let mine = made("eu-north-1", 2, "t3.nano", &[("Name", "forms"), ("note", "yes")]).await;
    let form = async |form: &str| {
        let line = ["list", "forms", "--region", "eu-north-1", "-o", form];
        spawn(aws().await).args(line).run().await.unwrap().stdout
    };
    let without_cost = |mut listed: Value| {
        let rows = listed.as_array_mut().unwrap().iter_mut();
        rows.for_each(|row| row["usd_so_far"] = Value::Null);
        listed
    };
    let from_json: Value = serde_json::from_str(&form("json").await).unwrap();
    let lines: Vec<Value> = form("ndjson").await.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let yaml = format!("import yaml\nyaml.safe_load({})", json!(form("yaml").await));
    let from_yaml = aws().await.boto3(&yaml).await.unwrap();
    assert_eq!(sorted(ids(&from_json)), sorted(mine));
    let expected = without_cost(from_json);
    assert_eq!((without_cost(Value::from(lines)), without_cost(from_yaml)), (expected.clone(), expected));
}

#[tokio::test]
async fn watching_prints_each_change_once_and_ends_with_ctrl_c() {
    let region = "me-south-1";
    let mine = made(region, 1, "t3.micro", &[("Name", "watched")]).await;
    let line = ["list", "watched", "--region", region, "--watch", "1s"];
    let mut watch = spawn(aws().await).args(line).start().unwrap();
    watch.wait_for_stdout(PATIENCE, |said| (said.lines().count() == 1).then_some(())).await.unwrap();
    let client = format!("boto3.client('ec2', region_name='{region}')");
    aws().await.boto3(&format!("{client}.stop_instances(InstanceIds=['{}'])", mine[0])).await.unwrap();
    watch.wait_for_stdout(PATIENCE, |said| (said.lines().count() == 2).then_some(())).await.unwrap();
    aws().await.boto3(&format!("{client}.terminate_instances(InstanceIds=['{}'])", mine[0])).await.unwrap();
    watch.wait_for_stdout(PATIENCE, |said| (said.lines().count() == 3).then_some(())).await.unwrap();
    watch.signal("INT").unwrap();
    assert_eq!(watch.wait(PATIENCE).await.unwrap(), 0, "{}", watch.stderr());
    let said = watch.stdout();
    let states = said.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["state"].clone());
    assert_eq!(states.collect::<Vec<_>>(), ["running", "stopped", "terminated"]);
}

#[tokio::test]
async fn watching_goes_on_after_a_look_that_failed() {
    let region = "af-south-1";
    made(region, 1, "t3.micro", &[("Name", "patient")]).await;
    let proxy = FaultProxy::start(aws().await.moto_url()).unwrap();
    let refused = Action::ec2_error(400, "InvalidRequest", "not now");
    proxy.script([Rule::new(refused).form_action("DescribeInstances").after(1).once()]);
    let line = ["list", "patient", "--region", region, "--watch", "1s"];
    let mut watch = spawn(aws().await).args(line).env("AWS_ENDPOINT_URL", proxy.url()).start().unwrap();
    watch.wait_for_stderr(PATIENCE, |said| said.contains("not now").then_some(())).await.unwrap();
    let before = calls(&proxy, "DescribeInstances");
    wait_until("another look", PATIENCE, || (calls(&proxy, "DescribeInstances") > before).then_some(())).await.unwrap();
    watch.signal("INT").unwrap();
    assert_eq!(watch.wait(PATIENCE).await.unwrap(), 0, "{}", watch.stderr());
    assert!(watch.stderr().contains("not now") && watch.stderr().contains("looking again in 1s"), "{}", watch.stderr());
}

#[tokio::test]
async fn watching_has_no_end_so_it_is_no_document() {
    let output = spawn(aws().await).args(["list", "--watch", "-o", "json"]).run().await.unwrap();
    assert_eq!(output.status, 2, "{}", output.stderr);
    assert!(output.stderr.contains("-o ndjson"), "{}", output.stderr);
}

#[tokio::test]
async fn the_whole_list_of_regions_is_one_trace() {
    let aws = Aws::start().await.unwrap();
    let line = ["list", "--region", "us-east-1", "--region", "eu-west-1", "-o", "json"];
    let traced = spawn(&aws).args(line).env("TRACING_ENABLED", "true").env("OTEL_TRACES_SAMPLER_ARG", "1.0");
    json(&traced.env("OTEL_TRACES_SAMPLER", "traceidratio").run().await.unwrap());
    let documents = all_documents(&aws).await;
    let root = documents.iter().find(|document| document["parent_id"].is_null()).unwrap();
    let regions = |documents: &[Value]| {
        let calls = documents.iter().filter(|document| document["parent_id"] == root["id"]);
        let mut regions: Vec<String> = calls.map(|call| call["aws"]["region"].as_str().unwrap().to_owned()).collect();
        regions.sort();
        regions
    };
    assert_eq!(regions(&documents), ["eu-west-1", "us-east-1"], "{documents:#?}");
}

#[tokio::test]
async fn of_a_watched_list_only_the_first_look_is_traced() {
    let aws = Aws::start().await.unwrap();
    let proxy = FaultProxy::start(aws.moto_url()).unwrap();
    let line = ["list", "--watch", "1s"];
    let on = [("TRACING_ENABLED", "true"), ("OTEL_TRACES_SAMPLER", "always_on")];
    let mut watch = spawn(&aws).args(line).envs(on).env("AWS_ENDPOINT_URL", proxy.url()).start().unwrap();
    let looks = || (calls(&proxy, "DescribeInstances") >= 3).then_some(());
    wait_until("three looks", PATIENCE, looks).await.unwrap();
    watch.signal("INT").unwrap();
    assert_eq!(watch.wait(PATIENCE).await.unwrap(), 0, "{}", watch.stderr());
    let documents = all_documents(&aws).await;
    let described = documents.iter().filter(|document| document["aws"]["operation"] == "DescribeInstances").count();
    assert_eq!(described, 1, "{documents:#?}");
}
