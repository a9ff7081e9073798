//! The whole story: instances and a host of one's own work off an array, are killed on the way and replaced; every task
//! has its result once, and X-Ray tells it all.

use crate::array::{Array, BUCKET, LEASE, bucket, worker};
use crate::fixture::{Host, PATIENCE, stop, table};
use serde_json::Value;
use spawn_cloud::arrays::TaskState;
use spawn_test_support::{Aws, MachineRoom, Process};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

const TASKS: u32 = 100;
const INSTANCES: usize = 3;
const KILLS: usize = 10;
/// Long enough to be killed in, with a result at its end. The last ones wait until all hosts that are to be lost are.
const COMMAND: &str = "sleep 0.5; while [ $JOB_ARRAY_INDEX -ge 80 ] && [ ! -e GATE ]; do sleep 0.2; done; \
                       echo $JOB_ARRAY_INDEX > $SPAWN_OUTPUT/result";
/// All of it, on a machine that is busy.
const LONG: Duration = Duration::from_secs(90);
const OWN: &str = "local-desk";

/// The hosts that live now.
struct Fleet<'a> {
    aws: &'a Aws,
    room: &'a MachineRoom,
    array: &'a Array,
    instances: Vec<String>,
    host: Host,
    agent: Process,
    killed: Vec<String>,
}

impl Fleet<'_> {
    /// Launches an instance, and terminates another one in the same breath.
    async fn launch(aws: &Aws, array: &Array, instead_of: Option<&str>) -> String {
        let tags = [
            ("spawn:managed", "true"),
            ("spawn:tracing-enabled", "true"),
            ("spawn:tracing-sampling", "1.0"),
            ("spawn:array-id", array.id()),
            ("spawn:slots", "2"),
        ];
        let tags: Vec<String> =
            tags.iter().map(|(key, value)| format!("{{'Key': '{key}', 'Value': '{value}'}}")).collect();
        let end = instead_of.map(|id| format!("ec2.terminate_instances(InstanceIds=['{id}'])\n")).unwrap_or_default();
        let code = format!(
            "ec2 = boto3.client('ec2')\n{end}\
             ec2.run_instances(ImageId='ami-12c6146b', InstanceType='t3.micro', MinCount=1, MaxCount=1, \
             MetadataOptions={{'InstanceMetadataTags': 'enabled', 'HttpTokens': 'required'}}, \
             TagSpecifications=[{{'ResourceType': 'instance', 'Tags': [{}]}}])['Instances'][0]['InstanceId']",
            tags.join(", ")
        );
        aws.boto3(&code).await.unwrap().as_str().unwrap().to_owned()
    }

    /// Kills a host that works, as a failure of the machine does, and puts another one in its place.
    async fn kill_one(&mut self, own: bool) {
        let victim = self.at_work(own).await;
        if victim == OWN {
            self.agent.signal("KILL").unwrap();
            self.agent.wait(PATIENCE).await.unwrap();
            self.agent = self.host.run(&[]).await;
        } else {
            self.room.kill(&victim).unwrap();
            self.instances.retain(|id| *id != victim);
            self.instances.push(Self::launch(self.aws, self.array, Some(&victim)).await);
        }
        self.killed.push(victim);
    }

    /// A living host with a task under way; the host of one's own if that is wanted.
    async fn at_work(&self, own: bool) -> String {
        let deadline = Instant::now() + LONG;
        loop {
            let now = jiff::Timestamp::now().as_millisecond();
            let at_work = self.array.tasks().await.into_iter().filter(|task| {
                let renewed = task.lease_until.is_some_and(|until| until > now);
                task.state == TaskState::Running && renewed
            });
            let mut hosts = at_work.filter_map(|task| task.instance().map(str::to_owned));
            let is_wanted = |host: &String| (host == OWN) == own && (own || self.instances.contains(host));
            if let Some(host) = hosts.find(is_wanted) {
                return host;
            }
            assert!(Instant::now() < deadline, "nobody works: {:?} {:#?}", self.killed, self.room.instances());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn a_hundred_tasks_survive_ten_lost_hosts_and_x_ray_tells_it_all() {
    let aws = Aws::start().await.unwrap();
    assert_eq!(table(&aws, "spawn-job-arrays").await, "spawn-job-arrays");
    bucket(&aws).await;
    let folder = tempfile::tempdir().unwrap();
    let gate = folder.path().join("gate");
    let command = COMMAND.replace("GATE", &gate.display().to_string());
    let array = Array::seed(&aws, "story", TASKS, &command).await;
    let lease = [("SPORED_LEASE".to_owned(), format!("{}s", LEASE.as_secs()))];
    let room = MachineRoom::start(&aws, Path::new(env!("CARGO_BIN_EXE_spored")), &lease).unwrap();
    let mut instances = Vec::new();
    for _ in 0..INSTANCES {
        instances.push(Fleet::launch(&aws, &array, None).await);
    }
    let host = worker(&aws, &array, 2).env("SPAWN_INSTANCE_ID", OWN).env("OTEL_TRACES_EXPORTER", "xray");
    let agent = host.run(&[]).await;
    let mut fleet = Fleet { aws: &aws, room: &room, array: &array, instances, host, agent, killed: Vec::new() };
    for number in 0..KILLS {
        fleet.kill_one(number % 5 == 2).await;
    }
    std::fs::write(gate, "").unwrap();
    let ended = array.ended_within(LONG).await;
    let Fleet { instances, agent, killed, .. } = fleet;
    for id in &instances {
        assert_eq!(room.wait_for_exit(id, LONG).await.unwrap(), 0, "the instances end with their array");
    }
    stop(agent).await;

    let tasks = array.tasks().await;
    let others: Vec<_> = tasks.iter().filter(|task| task.state != TaskState::Succeeded).collect();
    assert!(others.is_empty() && tasks.len() == TASKS as usize, "{} tasks, {others:#?}", tasks.len());
    let counts = array.store.counts(&array.record.id).await.unwrap();
    assert_eq!((counts.succeeded, counts.failed, counts.cancelled), (TASKS, 0, 0));
    let results = results(&aws, &array).await;
    let expected: BTreeMap<String, String> =
        (0..TASKS).map(|index| (format!("{index:06}/output/result"), format!("{index}\n"))).collect();
    assert_eq!(results, expected);
    let lost: u32 = tasks.iter().map(|task| task.losses).sum();
    assert!(lost as usize >= KILLS, "{lost} attempts were lost with {KILLS} hosts");

    let story = Story::read(&aws, &array).await;
    let root = ended.traceparent.as_deref().unwrap()[36..52].to_owned();
    let launch = ended.launch_traceparent.as_deref().unwrap()[36..52].to_owned();
    story.check_root(&root, &launch);
    for task in &tasks {
        story.check_task(task, &root, &killed);
    }
    story.check_parents(&launch);
}

/// What lies below the array's output but the logs, as boto3 reads it.
async fn results(aws: &Aws, array: &Array) -> BTreeMap<String, String> {
    let code = format!(
        "s3 = boto3.client('s3')\nprefix = 'arrays/{}/'\n\
         pages = s3.get_paginator('list_objects_v2').paginate(Bucket='{BUCKET}', Prefix=prefix)\n\
         keys = [o['Key'] for page in pages for o in page.get('Contents', []) if '/output/' in o['Key']]\n\
         {{key[len(prefix):]: s3.get_object(Bucket='{BUCKET}', Key=key)['Body'].read().decode() for key in keys}}",
        array.id()
    );
    serde_json::from_value(aws.boto3(&code).await.unwrap()).unwrap()
}

/// The trace of the array as X-Ray gives it back, a document for each span.
struct Story(Vec<Value>);

impl Story {
    async fn read(aws: &Aws, array: &Array) -> Self {
        let traces = aws.traces(&[&array.trace_id()]).await.unwrap();
        assert_eq!(traces.len(), 1);
        let mut documents = Vec::new();
        let segments = traces[0]["Segments"].as_array().unwrap();
        segments.iter().for_each(|segment| flatten(&segment["Document"], None, &mut documents));
        Self(once(documents))
    }

    fn named(&self, name: &str) -> Vec<&Value> {
        self.0.iter().filter(|document| name_of(document) == name).collect()
    }

    fn check_root(&self, root: &str, launch: &str) {
        let roots = self.named("array story");
        assert_eq!(roots.len(), 1, "{roots:#?}");
        assert_eq!((&roots[0]["id"], &roots[0]["parent_id"]), (&root.into(), &launch.into()));
        let lasted = roots[0]["end_time"].as_f64().unwrap() - roots[0]["start_time"].as_f64().unwrap();
        assert!(lasted > 5.0, "{lasted} s");
    }

    /// Each attempt once, below the array, linked to the one before; all but the last were lost, each with a host.
    fn check_task(&self, task: &spawn_cloud::arrays::Task, root: &str, killed: &[String]) {
        let mut attempts = self.named(&format!("task story[{}]", task.index));
        attempts.sort_by_key(|attempt| number(attempt));
        let numbers: Vec<u64> = attempts.iter().map(|attempt| number(attempt)).collect();
        assert_eq!(numbers, (1..=u64::from(task.attempt)).collect::<Vec<_>>(), "{task:#?} {attempts:#?}");
        let mut before: Option<&Value> = None;
        for attempt in attempts {
            let last = number(attempt) == u64::from(task.attempt);
            let outcome = said(attempt, "spawn.task.outcome");
            assert_eq!(outcome, if last { "succeeded" } else { "lost" }, "{attempt:#}");
            assert_eq!(attempt["parent_id"], root, "{attempt:#}");
            let links: Vec<&Value> =
                attempt["links"].as_array().into_iter().flatten().map(|link| &link["id"]).collect();
            assert_eq!(links, before.map(|before| &before["id"]).into_iter().collect::<Vec<_>>(), "{attempt:#}");
            let instance = said(attempt, "spawn.instance_id");
            assert!(last || killed.iter().any(|killed| killed == instance), "{instance} was not killed");
            if last {
                self.check_children(attempt);
            }
            before = Some(attempt);
        }
    }

    /// What an attempt is made of. One whose host was killed a moment after its end has what had left by then.
    fn check_children(&self, attempt: &Value) {
        let mut names: Vec<&str> =
            self.0.iter().filter(|document| document["parent_id"] == attempt["id"]).map(name_of).collect();
        names.sort_unstable();
        let whole = ["claim", "complete", "run", "stage out"];
        assert!(names.iter().all(|name| whole.contains(name)), "{names:?} below {attempt:#}");
    }

    /// Every span's parent is there, but for the launch, which was none here, and what left before its host was killed.
    fn check_parents(&self, launch: &str) {
        let is_there = |id: &Value| self.0.iter().any(|document| document["id"] == *id);
        let orphans: Vec<&Value> = self
            .0
            .iter()
            .filter(|document| document["parent_id"] != launch && !is_there(&document["parent_id"]))
            .collect();
        let told: Vec<&str> = orphans.iter().map(|orphan| name_of(orphan)).collect();
        assert!(orphans.len() <= 4 * KILLS, "{told:?}");
        assert!(told.iter().all(|name| !name.starts_with("task ")), "{told:?}");
    }
}

/// Each id once, as X-Ray keeps it; the emulator keeps what came. What was announced gives way to what has ended. A host
/// that is killed between the departure of a task's span and the removal of its message leaves the span to be recorded once
/// more, and both must tell the same, but for annotations that a trace of that host's had already.
fn once(mut documents: Vec<Value>) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    documents.sort_by_key(|document| document["in_progress"] == true);
    for document in documents {
        match kept.iter().find(|kept| kept["id"] == document["id"]) {
            None => kept.push(document),
            Some(_) if document["in_progress"] == true => {}
            Some(kept) => {
                assert_eq!(kept["parent_id"], document["parent_id"], "one span, told in two ways");
                let [one, other] = [kept, &document].map(|it| &it["annotations"]["spawn_instance_id"]);
                assert!(one.is_null() || other.is_null() || one == other, "a span of two hosts: {kept:#} {document:#}");
                assert_eq!(kept["links"], document["links"], "one span with two sets of links");
            }
        }
    }
    kept
}

fn flatten(document: &Value, parent: Option<&Value>, documents: &mut Vec<Value>) {
    let mut own = document.clone();
    if let (Some(parent), None) = (parent, own.get("parent_id")) {
        own["parent_id"] = parent.clone();
    }
    for child in own.as_object_mut().unwrap().remove("subsegments").iter().flat_map(|all| all.as_array().unwrap()) {
        flatten(child, Some(&document["id"]), documents);
    }
    documents.push(own);
}

/// A segment has the service's name, and that of its span beside it.
fn name_of(document: &Value) -> &str {
    let span = document["metadata"]["spawn"]["name"].as_str();
    span.or(document["name"].as_str()).unwrap_or_default()
}

fn said<'a>(document: &'a Value, key: &str) -> &'a str {
    let annotation = document["annotations"][key.replace('.', "_")].as_str();
    annotation.or(document["metadata"]["spawn"][key].as_str()).unwrap_or_default()
}

fn number(document: &Value) -> u64 {
    let annotation = document["annotations"]["spawn_task_attempt"].as_u64();
    annotation.or(document["metadata"]["spawn"]["spawn.task.attempt"].as_u64()).unwrap_or_default()
}
