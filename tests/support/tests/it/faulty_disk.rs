//! A program that knows nothing of it meets the faults of its disk, below the folder and nowhere else.

use spawn_test_support::{DiskFault, FaultyDisk, Process, Program, wait_until};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

/// Does everything once below the folder that it is given, for each line that it reads, and says how that went.
const PROGRAM: &str = r#"
import os, sys, time
folder = sys.argv[1]
beside = os.path.dirname(folder)
held = os.open(folder + "/held", os.O_RDWR | os.O_CREAT)
os.mkdir(folder + "/old")
def said(do):
    try:
        do()
        return 0
    except OSError as error:
        return error.errno
while True:
    time.sleep(0.01)
    if not os.path.exists(beside + "/turn"):
        continue
    with open(beside + "/turn") as turn:
        wanted = turn.read()
    if wanted.endswith("\n"):
        os.rename(beside + "/turn", beside + "/taken")
        began = time.monotonic()
        answers = [
            said(lambda: os.close(os.open(folder + "/new", os.O_RDWR | os.O_CREAT))),
            said(lambda: os.pwrite(held, b"x", 0)),
            said(lambda: os.fsync(held)),
            said(lambda: os.rename(folder + "/held", folder + "/held")),
            said(lambda: os.listdir(folder)),
            said(lambda: os.close(os.open(beside + "/beside", os.O_RDWR | os.O_CREAT))),
        ]
        print(wanted.strip(), answers, "slow" if time.monotonic() - began > 0.4 else "fast", flush=True)
"#;

async fn turn(program: &mut Process, folder: &Path, name: &str) -> String {
    let turn = folder.join("turn");
    let mut file = std::fs::File::create(folder.join("next")).unwrap();
    writeln!(file, "{name}").unwrap();
    std::fs::rename(folder.join("next"), turn).unwrap();
    let line = wait_until("an answer", Duration::from_secs(20), || {
        let said = program.stdout();
        said.lines().find_map(|line| line.strip_prefix(&format!("{name} ")).map(str::to_owned))
    });
    line.await.unwrap_or_else(|error| panic!("{error}: {}", program.stderr()))
}

#[tokio::test]
async fn a_disk_fails_in_each_way_while_the_program_runs_and_is_well_again() {
    let folder = tempfile::TempDir::new().unwrap();
    let below = folder.path().join("below");
    std::fs::create_dir(&below).unwrap();
    std::fs::write(folder.path().join("turn"), "").unwrap();
    let disk = FaultyDisk::under(&below).unwrap();
    let mut program = Program::new("python3").args(["-c", PROGRAM]).arg(&below).envs(disk.env()).start().unwrap();
    for (name, fault, expected) in [
        ("well", DiskFault::None, "[0, 0, 0, 0, 0, 0] fast"),
        ("full", DiskFault::Full, "[28, 28, 0, 0, 0, 0] fast"),
        ("read-only", DiskFault::ReadOnly, "[30, 30, 0, 30, 0, 0] fast"),
        ("broken", DiskFault::Broken, "[5, 5, 5, 5, 0, 0] fast"),
        ("quota", DiskFault::Quota, "[122, 122, 0, 0, 0, 0] fast"),
        ("slow", DiskFault::Slow(Duration::from_millis(150)), "[0, 0, 0, 0, 0, 0] slow"),
        ("well-again", DiskFault::None, "[0, 0, 0, 0, 0, 0] fast"),
    ] {
        disk.set(fault).unwrap();
        assert_eq!(turn(&mut program, folder.path(), name).await, expected, "{name}");
    }
}
