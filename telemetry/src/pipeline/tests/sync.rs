//! What is ordered from the disk at once is kept at once, and a disk that hangs or refuses holds nobody up.

use std::io;
use std::path::Path;

use super::*;
use crate::samples::context;
use spawn_delivery::disk::{Disk, DiskFile, Entry, Fault as DiskFault, Lock, Operation, SimulatedDisk};

/// No sync comes by itself before a test is over.
const NEVER: Duration = Duration::from_secs(3600);

type Gate = Arc<(Mutex<bool>, Condvar)>;

/// A process on this disk whose back end is away.
fn process(disk: Arc<dyn Disk>) -> Pipeline {
    let away = Script::of(std::iter::repeat_n(Act::Answer(Outcome::failed(trouble(true))), 100_000));
    away.0.lock().unwrap().header = Some(Vec::new());
    let pipeline = Pipeline::with_pace(pace());
    pipeline.shared().state().on_disk(disk);
    pipeline.keep_in(Storage { folder: Some("/spool".into()), size: 8 * 1024 * 1024, sync: NEVER });
    pipeline.export_with(Arc::new(away), &|_| true);
    pipeline
}

fn numbered(id: u64) -> SpanData {
    SpanData { span_context: context(id), ..span("a") }
}

#[test]
fn what_was_ordered_outlives_a_loss_of_power() {
    let disk = SimulatedDisk::new(3);
    let pipeline = process(Arc::new(disk.clone()));
    for round in 0..3 {
        (1..=100).for_each(|id| pipeline.accept(numbered(round * 100 + id)));
        assert!(pipeline.sync_blocking(LONG));
    }
    // Nothing is left to keep: that is known without the disk.
    assert!(pipeline.sync_blocking(Duration::ZERO));
    disk.lose_power();
    let script = Script::default();
    script.0.lock().unwrap().header = Some(Vec::new());
    let next = Pipeline::with_pace(pace());
    next.shared().state().on_disk(Arc::new(disk.process()));
    next.keep_in(Storage { folder: Some("/spool".into()), size: 8 * 1024 * 1024, sync: NEVER });
    next.export_with(Arc::new(script.clone()), &|_| true);
    wait_for("delivery", || script.delivered().len() == 300);
}

#[test]
fn a_disk_that_refuses_answers_at_once_that_it_does_not_keep_it() {
    let disk = SimulatedDisk::new(3);
    let pipeline = process(Arc::new(disk.clone()));
    pipeline.accept(numbered(1));
    disk.fail(DiskFault::error(5));
    let begun = Instant::now();
    assert!(!pipeline.sync_blocking(LONG));
    assert!(begun.elapsed() < LONG, "{:?}", begun.elapsed());
}

#[test]
fn what_a_disk_has_refused_to_keep_is_not_kept_though_it_keeps_what_was_written_later() {
    let disk = SimulatedDisk::new(3);
    let pipeline = process(Arc::new(disk.clone()));
    pipeline.accept(numbered(1));
    disk.fail(DiskFault::error(5).of(&[Operation::Sync]).once_after(0));
    assert!(!pipeline.sync_blocking(LONG));
    pipeline.accept(numbered(2));
    wait_for("the disk", || pipeline.storage().on_disk == 2);
    assert!(!pipeline.sync_blocking(LONG));
    // It matters no more when the back end has it.
    let script = Script::default();
    script.0.lock().unwrap().header = Some(Vec::new());
    pipeline.export_with(Arc::new(script.clone()), &|_| true);
    wait_for("delivery", || pipeline.counters().queued == 0);
    pipeline.accept(numbered(3));
    wait_for("the disk", || pipeline.sync_blocking(LONG));
}

#[test]
fn what_the_disk_has_not_taken_is_not_kept() {
    let disk = SimulatedDisk::new(3);
    let pipeline = process(Arc::new(disk.clone()));
    pipeline.accept(numbered(1));
    assert!(pipeline.sync_blocking(LONG));
    disk.fail(DiskFault::error(28).of(&[Operation::Write]));
    pipeline.accept(numbered(2));
    assert!(!pipeline.sync_blocking(LONG));
}

#[test]
fn without_a_disk_nothing_is_kept_and_nobody_waits() {
    let pipeline = exporting(&Script::default());
    pipeline.accept(span("a"));
    assert!(!pipeline.sync_blocking(LONG));
}

#[tokio::test(flavor = "current_thread")]
async fn a_disk_that_hangs_holds_an_order_for_its_time_and_no_longer() {
    let gate = Gate::default();
    let pipeline = process(Arc::new(Stuck { disk: SimulatedDisk::new(3), gate: Arc::clone(&gate) }));
    pipeline.accept(numbered(1));
    let within = Duration::from_millis(50);
    let begun = Instant::now();
    assert!(!pipeline.sync(within).await);
    assert!((within..LONG).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    // What is made meanwhile waits for no disk, and is kept too once it answers.
    pipeline.accept(numbered(2));
    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
    assert!(pipeline.sync(LONG).await);
}

/// A disk whose files are not synced before the gate opens.
#[derive(Debug)]
struct Stuck {
    disk: SimulatedDisk,
    gate: Gate,
}

#[derive(Debug)]
struct StuckFile(Arc<dyn DiskFile>, Gate);

impl Stuck {
    fn file(&self, file: Arc<dyn DiskFile>) -> Arc<dyn DiskFile> {
        Arc::new(StuckFile(file, Arc::clone(&self.gate)))
    }
}

impl Disk for Stuck {
    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        self.disk.create_folder(folder)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        self.disk.list(folder)
    }

    fn create(&self, path: &Path, room: u64) -> io::Result<Arc<dyn DiskFile>> {
        self.disk.create(path, room).map(|file| self.file(file))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        self.disk.open(path).map(|file| self.file(file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.disk.remove(path)
    }

    fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        self.disk.remove_folder(folder)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.disk.sync_folder(folder)
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Lock>>> {
        self.disk.lock(path)
    }
}

impl DiskFile for StuckFile {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_at(bytes, offset)
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(into, offset)
    }

    fn size(&self) -> io::Result<u64> {
        self.0.size()
    }

    fn sync(&self) -> io::Result<()> {
        let opened = |open: &mut bool| !*open;
        drop(self.1.1.wait_while(self.1.0.lock().unwrap(), opened).unwrap());
        self.0.sync()
    }
}
