//! Inputs and results: objects become files and files objects, with boto3 on the other side.

use crate::world::{aws, config, identity};
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use opentelemetry::trace::{SpanKind, TraceContextExt};
use spawn_cloud::Clients;
use spawn_cloud::describe::AwsCalls;
use spawn_cloud::staging::{Delivered, Fetched, S3Url, StagingError, deliver, fetch};
use spawn_config::SamplingRate;
use spawn_telemetry::testing::{self, Spans};
use spawn_telemetry::{Telemetry, propagation};
use spawn_test_support::FaultProxy;
use spawn_test_support::fault_proxy::{Action, Rule};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tempfile::TempDir;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A bucket, a folder, and a proxy between.
pub(crate) struct Scene {
    pub(crate) proxy: FaultProxy,
    pub(crate) clients: Clients,
    pub(crate) spans: Spans,
    pub(crate) telemetry: Telemetry,
    pub(crate) bucket: String,
    pub(crate) folder: TempDir,
}

pub(crate) async fn scene() -> Scene {
    let bucket = format!("staging-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    aws().await.boto3(&format!("boto3.client('s3').create_bucket(Bucket='{bucket}')['Location']")).await.unwrap();
    let proxy = FaultProxy::start(aws().await.ministack_url()).unwrap();
    let (telemetry, spans) = testing::recording(SamplingRate::ALWAYS);
    let interceptor = telemetry.interceptor(Arc::new(AwsCalls), identity());
    let clients = Clients::new(&config(&proxy.url(), Duration::from_secs(60)), interceptor);
    Scene { proxy, clients, spans, telemetry, bucket, folder: TempDir::new().unwrap() }
}

impl Scene {
    /// The value of an expression in which `s3` is a client and `B` the bucket.
    pub(crate) async fn boto3(&self, code: &str) -> serde_json::Value {
        let code = format!("import hashlib\ns3 = boto3.client('s3')\nB = '{}'\n{code}", self.bucket);
        aws().await.boto3(&code).await.unwrap()
    }

    pub(crate) fn url(&self, key: &str) -> S3Url {
        format!("s3://{}/{key}", self.bucket).parse().unwrap()
    }

    pub(crate) async fn fetch(&self, key: &str) -> Result<Fetched, StagingError> {
        fetch(self.clients.s3(), &self.telemetry, &self.url(key), self.folder.path()).await
    }

    pub(crate) async fn fetch_error(&self, key: &str) -> String {
        self.fetch(key).await.unwrap_err().to_string()
    }

    pub(crate) async fn deliver(&self, key: &str) -> Result<Delivered, StagingError> {
        deliver(self.clients.s3(), &self.telemetry, self.folder.path(), &self.url(key)).await
    }

    pub(crate) fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Every file below the folder, with its content.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(self.folder.path(), self.folder.path(), &mut files);
        files
    }

    pub(crate) fn answer_lists_with(&self, objects: &[(&str, u64)]) {
        let contents: String = objects
            .iter()
            .map(|(key, size)| format!("<Contents><Key>{key}</Key><Size>{size}</Size><ETag>\"x\"</ETag></Contents>"))
            .collect();
        let body = format!("<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>");
        let action = Action::respond(200, &[("content-type", "application/xml")], body);
        self.proxy.script([Rule::new(action).path(&format!("/{}/?list-type=2", self.bucket))]);
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            files.insert(path.strip_prefix(root).unwrap().display().to_string(), fs::read(&path).unwrap());
        }
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Bytes that no two places share by accident.
pub(crate) fn bytes(length: usize) -> Vec<u8> {
    let mut state = 7_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

#[tokio::test]
async fn what_boto3_wrote_is_on_disk() {
    let scene = scene().await;
    scene
        .boto3(
            r##"
put = lambda key, body: s3.put_object(Bucket=B, Key=key, Body=body)
put('in/', b''); put('in/empty/', b'')
put('in/align.sh', b'#!/bin/sh\necho hello\n'); put('in/tool', b'\x7fELF....'); put('in/a/b/c d+e&f.txt', b'text'); put('in/nothing', b'')
put('inside/not', b'other'); put('other', b'other')
True
"##,
        )
        .await;
    assert_eq!(scene.fetch("in").await.unwrap(), Fetched { objects: 4, bytes: 33 });
    let expected = [
        ("a/b/c d+e&f.txt", &b"text"[..]),
        ("align.sh", b"#!/bin/sh\necho hello\n"),
        ("nothing", b""),
        ("tool", b"\x7fELF...."),
    ];
    assert_eq!(scene.files(), expected.map(|(name, content)| (name.to_owned(), content.to_vec())).into());
    let modes = ["align.sh", "tool", "nothing", "a/b/c d+e&f.txt"].map(|name| mode(&scene.folder.path().join(name)));
    assert_eq!(modes, [0o755, 0o755, 0o644, 0o644]);
    assert!(scene.folder.path().join("empty").is_dir());
}

#[tokio::test]
async fn an_object_is_staged_alone_under_its_own_name() {
    let scene = scene().await;
    scene
        .boto3("[s3.put_object(Bucket=B, Key=key, Body=b'x')['ETag'] for key in ('in/a', 'in/a.txt', 'in/a/b')]")
        .await;
    assert_eq!(scene.fetch("in/a").await.unwrap(), Fetched { objects: 1, bytes: 1 });
    assert_eq!(scene.files(), BTreeMap::from([("a".to_owned(), b"x".to_vec())]));
}

#[tokio::test]
async fn what_is_not_there_is_told() {
    let scene = scene().await;
    let none = format!(
        "s3://{}/in/ has no objects: check the bucket and the prefix, and that the input was uploaded",
        scene.bucket
    );
    assert_eq!(scene.fetch_error("in").await, none);
    // A drawn folder is no input.
    scene.boto3("s3.put_object(Bucket=B, Key='in/', Body=b'')['ETag']").await;
    assert_eq!(scene.fetch_error("in/").await, none);
    let nowhere: S3Url = "s3://no-such-bucket/in/".parse().unwrap();
    let error = fetch(scene.clients.s3(), &scene.telemetry, &nowhere, scene.folder.path()).await.unwrap_err();
    assert!(error.to_string().starts_with("s3://no-such-bucket/in/: S3 ListObjectsV2: NoSuchBucket: "), "{error}");
    assert!(!error.is_passing());
}

#[tokio::test]
async fn a_prefix_of_10_000_objects_is_staged_whole_and_its_trace_stays_small() {
    let scene = scene().await;
    scene
        .boto3(
            r"
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool: list(pool.map(lambda n: s3.put_object(Bucket=B, Key=f'in/{n % 100}/{n}', Body=str(n)), range(10000)))
True
",
        )
        .await;
    let started = std::time::Instant::now();
    let attempt = scene.telemetry.start_span("stage in", SpanKind::Internal, &Context::new(), Vec::new(), None);
    let fetched = scene.fetch("in/").with_context(attempt).await.unwrap();
    println!("10,000 objects in {:?}", started.elapsed());
    assert_eq!(fetched.objects, 10_000);
    let files = scene.files();
    assert_eq!(files.len(), 10_000);
    assert!((0..10_000).all(|n| files[&format!("{}/{n}", n % 100)] == n.to_string().into_bytes()));
    let spans = scene.spans.take();
    let count = |beginning: &str| spans.iter().filter(|span| span.name.starts_with(beginning)).count();
    assert_eq!((count("S3.ListObjectsV2"), count("stage in/"), count("S3.GetObject")), (10, 64, 64));
}

#[tokio::test]
async fn a_large_file_goes_both_ways_in_parts() {
    let scene = scene().await;
    let content = bytes(40_000_000);
    let path = scene.file("big.bin", &content);
    assert_eq!(scene.deliver("out").await.unwrap(), Delivered { objects: 1, bytes: 40_000_000 });
    let code = "body = s3.get_object(Bucket=B, Key='out/big.bin')\n{'etag': body['ETag'], 'bytes': len(data := body['Body'].read()), 'sha': hashlib.sha256(data).hexdigest(), 'local': hashlib.sha256(open('PATH', 'rb').read()).hexdigest(), 'open': s3.list_multipart_uploads(Bucket=B).get('Uploads', [])}";
    let seen = scene.boto3(&code.replace("PATH", &path.display().to_string())).await;
    assert_eq!((&seen["bytes"], &seen["sha"]), (&40_000_000.into(), &seen["local"]), "{seen:#}");
    assert!(seen["etag"].as_str().unwrap().ends_with("-5\""), "{seen:#}");
    assert_eq!(seen["open"].as_array().unwrap().len(), 0);

    drop(scene.spans.take());
    fs::remove_file(&path).unwrap();
    assert_eq!(scene.fetch("out/").await.unwrap(), Fetched { objects: 1, bytes: 40_000_000 });
    assert!(fs::read(&path).unwrap() == content);
    let calls = scene.spans.take().iter().filter(|span| span.name == "S3.GetObject").count();
    assert_eq!(calls, 5);
}

#[tokio::test]
async fn results_are_the_regular_files_and_no_link_leads_out() {
    let scene = scene().await;
    let outside = TempDir::new().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    scene.file("a.txt", b"a");
    scene.file("sub/deep/b.txt", b"b");
    scene.file("sub/empty", b"");
    let link = |to: &Path, name: &str| symlink(to, scene.folder.path().join(name)).unwrap();
    link(Path::new("a.txt"), "link to a");
    link(&outside.path().join("secret"), "link out");
    link(outside.path(), "folder out");
    link(Path::new("sub"), "loop");
    link(Path::new("nowhere"), "nowhere");
    let pipe = scene.folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
    assert_eq!(scene.deliver("out").await.unwrap(), Delivered { objects: 4, bytes: 3 });
    let seen = scene.boto3("{o['Key']: s3.get_object(Bucket=B, Key=o['Key'])['Body'].read().decode() for o in s3.list_objects_v2(Bucket=B)['Contents']}").await;
    let expected =
        serde_json::json!({"out/a.txt": "a", "out/link to a": "a", "out/sub/deep/b.txt": "b", "out/sub/empty": ""});
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn nothing_to_deliver_is_fine_and_a_name_that_no_object_can_have_is_told() {
    let scene = scene().await;
    assert_eq!(scene.deliver("out").await.unwrap(), Delivered::default());
    let absent = scene.folder.path().join("absent");
    let delivered = deliver(scene.clients.s3(), &scene.telemetry, &absent, &scene.url("out")).await;
    assert_eq!(delivered.unwrap(), Delivered::default());
    fs::write(scene.folder.path().join(std::ffi::OsStr::from_bytes(b"a\xff")), "x").unwrap();
    let told = scene.deliver("out").await.unwrap_err().to_string();
    assert!(told.ends_with("its name is not UTF-8, and an object's has to be: rename it"), "{told}");
}

/// The tree of a transfer: one child for each object, its call below it, all under way at the same time.
#[tokio::test]
async fn objects_are_parallel_children_and_the_context_goes_with_them_both_ways() {
    let scene = scene().await;
    for name in ["a", "b", "c", "d"] {
        scene.file(name, name.as_bytes());
    }
    let slow = |method: &str| Rule::new(Action::Delay(Duration::from_millis(300))).method(method);
    scene.proxy.script([slow("PUT")]);
    let attempt = scene.telemetry.start_span("stage out", SpanKind::Internal, &Context::new(), Vec::new(), None);
    scene.deliver("out").with_context(attempt.clone()).await.unwrap();
    let trace = attempt.span().span_context().clone();
    let written = scene.spans.take();
    let objects: Vec<_> = written.iter().filter(|span| span.name.starts_with("stage ")).collect();
    let mut names: Vec<&str> = objects.iter().map(|span| span.name.as_ref()).collect();
    names.sort_unstable();
    assert_eq!(names, ["stage out/a", "stage out/b", "stage out/c", "stage out/d"]);
    for object in &objects {
        assert_eq!((object.parent_span_id, object.span_context.trace_id()), (trace.span_id(), trace.trace_id()));
        let call = written.iter().find(|span| span.parent_span_id == object.span_context.span_id());
        assert_eq!(call.unwrap().name, "S3.PutObject");
    }
    let (last_start, first_end) =
        (objects.iter().map(|span| span.start_time).max(), objects.iter().map(|span| span.end_time).min());
    assert!(last_start < first_end, "{objects:#?}");

    // Each object says in which span it was written,
    let metadata = scene.boto3("s3.head_object(Bucket=B, Key='out/a')['Metadata']").await;
    let writer = objects.iter().find(|span| span.name == "stage out/a").unwrap();
    let carried = Context::new().with_remote_span_context(writer.span_context.clone());
    assert_eq!(metadata, serde_json::json!({ "traceparent": propagation::traceparent(&carried) }));

    // and whoever reads it links to that.
    for name in ["a", "b", "c", "d"] {
        fs::remove_file(scene.folder.path().join(name)).unwrap();
    }
    scene.proxy.script([slow("GET")]);
    let reader = scene.telemetry.start_span("stage in", SpanKind::Internal, &Context::new(), Vec::new(), None);
    scene.fetch("out/").with_context(reader.clone()).await.unwrap();
    let read = scene.spans.take();
    for name in &names {
        let writer = written.iter().find(|span| span.name == *name).unwrap();
        let staged = read.iter().find(|span| span.name == *name).unwrap();
        assert_eq!(staged.parent_span_id, reader.span().span_context().span_id());
        let links: Vec<_> = staged.links.iter().map(|link| link.span_context.span_id()).collect();
        assert_eq!(links, [writer.span_context.span_id()], "{name}");
    }
}

#[tokio::test]
async fn a_context_that_is_none_is_left_out() {
    let scene = scene().await;
    scene.boto3("s3.put_object(Bucket=B, Key='in/a', Body=b'x', Metadata={'traceparent': '00-' + 'f' * 900, 'tracestate': 'x'})['ETag']").await;
    scene.fetch("in/").await.unwrap();
    let spans = scene.spans.take();
    let staged = spans.iter().find(|span| span.name == "stage in/a").unwrap();
    assert_eq!(staged.links.iter().count(), 0);
}
