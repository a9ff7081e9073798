//! Output of tasks on its way to S3 and back.

use crate::staging::{Scene, scene};
use spawn_cloud::staging::{Chunk, LogReader, LogShipper, Shipped, Stream, TaskPlace};
use spawn_test_support::fault_proxy::{Action, Rule};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

const PATIENCE: Duration = Duration::from_secs(60);

/// A file that a task writes, and what reads it back.
struct Log {
    scene: Scene,
    path: PathBuf,
    file: File,
    reader: LogReader,
}

async fn log() -> Log {
    let scene = scene().await;
    let path = scene.folder.path().join("out");
    let file = OpenOptions::new().create(true).append(true).open(&path).unwrap();
    let place = TaskPlace::new(&scene.url("align"), 42).logs(3, Stream::Stdout);
    let reader = LogReader::new(scene.clients.s3(), &place);
    Log { scene, path, file, reader }
}

impl Log {
    fn shipper(&self) -> LogShipper {
        let place = TaskPlace::new(&self.scene.url("align"), 42).logs(3, Stream::Stdout);
        LogShipper::new(self.scene.clients.s3(), &self.path, place)
    }

    fn print(&mut self, text: &[u8]) {
        self.file.write_all(text).unwrap();
    }

    async fn until_chunks(&self, count: usize) -> Vec<Chunk> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let chunks = self.reader.chunks(0).await.unwrap();
            if chunks.len() >= count {
                return chunks;
            }
            assert!(Instant::now() < deadline, "{chunks:?}");
            tokio::task::yield_now().await;
        }
    }

    async fn read(&self) -> Vec<u8> {
        let mut all = Vec::new();
        for chunk in self.reader.chunks(0).await.unwrap() {
            all.extend(self.reader.read(chunk.number).await.unwrap());
        }
        all
    }
}

#[tokio::test]
async fn output_is_in_s3_while_the_task_runs_and_all_of_it_afterwards() {
    let mut log = log().await;
    let (complete, completed) = oneshot::channel::<()>();
    log.print(b"one\n");
    let shipping = tokio::spawn(log.shipper().run(async { drop(completed.await) }));
    assert_eq!(log.until_chunks(1).await, [Chunk { number: 1, size: 4 }]);
    // Much at once does not wait for the next time.
    let (much, started) = (vec![b'x'; 400_000], Instant::now());
    log.print(&much);
    assert_eq!(log.until_chunks(2).await[1], Chunk { number: 2, size: 400_000 });
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    log.print(b"last");
    complete.send(()).unwrap();
    assert_eq!(shipping.await.unwrap(), Shipped { chunks: 3, bytes: 400_008, problem: None });
    assert_eq!(log.read().await, [b"one\n", &much[..], b"last"].concat());
    // From behind a chunk that is known.
    assert_eq!(log.reader.chunks(2).await.unwrap(), [Chunk { number: 3, size: 4 }]);
    let keys = log.scene.boto3("[o['Key'] for o in s3.list_objects_v2(Bucket=B)['Contents']]").await;
    assert_eq!(keys[0], "align/000042/logs/3/stdout/000001", "{keys}");
}

#[tokio::test]
async fn a_task_that_prints_nothing_has_no_chunks() {
    let log = log().await;
    assert_eq!(log.shipper().run(async {}).await, Shipped::default());
    assert_eq!(log.reader.chunks(0).await.unwrap(), []);
}

#[tokio::test]
async fn much_output_goes_in_chunks_that_a_reader_can_hold() {
    let mut log = log().await;
    log.print(&vec![b'x'; 9_000_000]);
    let shipped = log.shipper().run(async {}).await;
    assert_eq!(shipped, Shipped { chunks: 3, bytes: 9_000_000, problem: None });
    assert_eq!(log.read().await.len(), 9_000_000);
}

#[tokio::test]
async fn trouble_with_s3_costs_time_and_no_output() {
    let mut log = log().await;
    log.print(b"one\n");
    let slow_down = Action::respond(503, &[], "<Error><Code>SlowDown</Code><Message>wait</Message></Error>");
    // More than the SDK tries itself.
    log.scene
        .proxy
        .script([Rule::new(slow_down).method("PUT").times(5), Rule::new(Action::TakeAndReset).method("PUT").once()]);
    assert_eq!(log.shipper().run(async {}).await, Shipped { chunks: 1, bytes: 4, problem: None });
    assert_eq!(log.read().await, b"one\n");
}

#[tokio::test]
async fn a_chunk_that_may_have_been_read_is_not_sent_again_as_another() {
    let mut log = log().await;
    log.print(b"one\n");
    // S3 takes it, and every answer is lost until the SDK gives up.
    log.scene.proxy.script([Rule::new(Action::TakeAndReset).method("PUT").times(3)]);
    let (complete, completed) = oneshot::channel::<()>();
    let shipping = tokio::spawn(log.shipper().run(async { drop(completed.await) }));
    assert_eq!(log.until_chunks(1).await, [Chunk { number: 1, size: 4 }]);
    log.print(b"two\n");
    complete.send(()).unwrap();
    assert_eq!(shipping.await.unwrap(), Shipped { chunks: 2, bytes: 8, problem: None });
    let four = |number| Chunk { number, size: 4 };
    assert_eq!(log.reader.chunks(0).await.unwrap(), [four(1), four(2)]);
}

#[tokio::test]
async fn what_cannot_be_sent_is_told_and_nothing_waits_for_it_for_long() {
    let mut log = log().await;
    log.print(b"one\n");
    log.scene.proxy.refuse(true);
    let shipped = log.shipper().farewell(Duration::from_secs(2)).run(async {}).await;
    let problem = shipped.problem.unwrap();
    assert!(problem.starts_with("4 bytes of s3://") && problem.contains("were not sent: s3://"), "{problem}");
    assert_eq!((shipped.chunks, shipped.bytes), (0, 0));
}

#[tokio::test]
async fn what_others_put_there_is_left_out() {
    let mut log = log().await;
    log.print(b"one\n");
    log.shipper().run(async {}).await;
    log.scene.boto3("p = 'align/000042/logs/3/stdout/'\n[s3.put_object(Bucket=B, Key=p + k, Body=b'?')['ETag'] for k in ('', 'readme', '000002/x', '-1')]").await;
    assert_eq!(log.reader.chunks(0).await.unwrap(), [Chunk { number: 1, size: 4 }]);
    log.scene
        .boto3(
            "s3.put_object(Bucket=B, Key=p, Body=b'x' * 5000000)['ETag']"
                .replace("=p,", "='align/000042/logs/3/stdout/000002',")
                .as_str(),
        )
        .await;
    let told = log.reader.read(2).await.unwrap_err().to_string();
    assert!(told.contains("more than 4194304 bytes, as no chunk of spored's has"), "{told}");
}
