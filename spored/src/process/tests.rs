//! Commands that end well, badly, late and not at all.

use super::*;
use spawn_test_support::wait_until;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;
use tempfile::TempDir;

const LONG: Duration = Duration::from_secs(60);
static NEXT: AtomicU32 = AtomicU32::new(0);

struct Scene {
    folder: TempDir,
    order: Order,
}

/// An order in a folder of its own, with a mark that no other test has.
fn scene(command: &[&str]) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let work = folder.path().join("work");
    fs::create_dir(&work).unwrap();
    let mark = format!("{}-{}/0/1", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let environment = [("PATH", "/usr/bin:/bin"), ("JOB_ATTEMPT_ID", mark.as_str())];
    let order = Order {
        command: command.iter().map(|arg| (*arg).to_owned()).collect(),
        shell: false,
        folder: work,
        environment: environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        limit: None,
        grace: Duration::from_millis(300),
        stdout: folder.path().join("out"),
        stderr: folder.path().join("err"),
        most_output: 64 * 1_024,
    };
    Scene { folder, order }
}

fn script(text: &str) -> Scene {
    let mut scene = scene(&[text]);
    scene.order.shell = true;
    scene
}

impl Scene {
    async fn run(&self) -> Ended {
        run(self.order.clone(), std::future::pending()).await
    }

    async fn not_started(&self) -> String {
        match self.run().await {
            Ended::NotStarted(error) => error.to_string(),
            other => panic!("{other:?}"),
        }
    }

    fn out(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.order.stdout).unwrap()).into_owned()
    }

    /// A number that the command has written into a file of its working directory.
    async fn pid(&self, name: &str) -> u32 {
        let path = self.order.folder.join(name);
        let read = || fs::read_to_string(&path).ok().filter(|text| text.ends_with('\n'))?.trim().parse().ok();
        wait_until(name, LONG, read).await.unwrap()
    }

    fn file(&self, name: &str, text: &[u8], mode: u32) {
        let path = self.order.folder.join(name);
        let mut file = fs::File::create(&path).unwrap();
        file.write_all(text).unwrap();
        file.set_permissions(fs::Permissions::from_mode(mode)).unwrap();
    }
}

/// Whether there is such a process, dead ones that nobody has waited for left out.
fn lives(pid: u32) -> bool {
    let state = fs::read_to_string(format!("/proc/{pid}/stat")).ok();
    state.is_some_and(|state| !state.contains(") Z "))
}

/// What was killed is dead a moment later, when the kernel has come to it.
async fn dies(pid: u32) {
    wait_until(&format!("the end of {pid}"), LONG, || (!lives(pid)).then_some(())).await.unwrap();
}

#[tokio::test]
async fn the_end_of_a_command_is_its_own() {
    for (text, problem) in
        [("exit 0", None), ("exit 7", Some("it ended with exit code 7")), ("kill -SEGV $$", Some("signal 11 ended it"))]
    {
        assert_eq!(script(text).run().await.problem().as_deref(), problem, "{text}");
    }
}

#[tokio::test]
async fn arguments_arrive_as_they_are_and_the_environment_is_what_was_given() {
    let odd = ["two words", "'\"$HOME`id`;|&*?\\", "line\nline", "", "\u{1f41f}", "-n"];
    let scene = scene(&[&["/usr/bin/printf", "[%s]"], &odd[..]].concat());
    assert!(matches!(scene.run().await, Ended::Code(0)));
    assert_eq!(scene.out(), odd.map(|arg| format!("[{arg}]")).concat());

    let scene = self::scene(&["env"]);
    assert!(matches!(scene.run().await, Ended::Code(0)));
    let mut lines: Vec<String> = scene.out().lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(
        lines,
        [format!("JOB_ATTEMPT_ID={}", scene.order.environment["JOB_ATTEMPT_ID"]), "PATH=/usr/bin:/bin".to_owned()]
    );
}

#[tokio::test]
async fn a_command_runs_in_its_folder_without_input_and_its_files_may_be_read() {
    let scene = script("pwd; cat; echo made > made; echo trouble >&2; umask");
    assert!(matches!(scene.run().await, Ended::Code(0)));
    assert_eq!(scene.out(), format!("{}\n0022\n", scene.order.folder.display()));
    assert_eq!(fs::read_to_string(&scene.order.stderr).unwrap(), "trouble\n");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&scene.order.folder.join("made")), mode(&scene.order.stdout)), (0o644, 0o600));
}

#[tokio::test]
async fn a_command_whose_time_is_over_may_say_its_last_words() {
    // More of them than a pipe holds.
    let mut scene =
        script("trap 'head -c 300000 /dev/zero; echo last; exit 3' TERM; echo ready; while :; do sleep 0.05; done");
    scene.order.limit = Some(Duration::from_secs(3));
    scene.order.grace = LONG;
    scene.order.most_output = 1_000_000;
    let started = Instant::now();
    assert!(matches!(scene.run().await, Ended::TimedOut));
    assert_eq!(scene.out(), format!("ready\n{}last\n", "\0".repeat(300_000)));
    assert!(started.elapsed() < LONG / 2, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_command_that_ignores_sigterm_is_killed_and_so_is_one_that_stands_still() {
    for text in ["trap '' TERM; echo $$ > pid; while :; do sleep 0.05; done", "echo $$ > pid; kill -STOP $$"] {
        let scene = script(text);
        let cut = async {
            scene.pid("pid").await;
            Cut::Cancelled
        };
        let ended = run(scene.order.clone(), cut).await;
        assert!(matches!(ended, Ended::Cut(Cut::Cancelled)), "{text}: {ended:?}");
        dies(scene.pid("pid").await).await;
    }
}

#[tokio::test]
async fn what_a_command_leaves_running_ends_with_it_wherever_it_went() {
    for (what, text) in [
        ("in the background", "sleep 1000 & echo $! > pid"),
        ("with its output closed", "sleep 1000 >&- 2>&- & echo $! > pid"),
        ("with an environment of its own", "env -i /bin/sleep 1000 & echo $! > pid"),
        ("deaf to SIGTERM", "trap '' TERM; sleep 1000 & echo $! > pid"),
        ("in a session of its own", "setsid sh -c 'echo $$ > pid; exec sleep 1000' >/dev/null 2>&1 &"),
        (
            "twice forked in a session of its own",
            "(setsid sh -c 'sleep 1000 & echo $! > pid' &) </dev/null >/dev/null 2>&1",
        ),
        ("in a session, with output held open", "setsid sh -c 'echo $$ > pid; exec sleep 1000' &"),
    ] {
        // It waits until the other is there, so that there is something to find.
        let scene = script(&format!("{text}\nwhile ! grep -q . pid 2>/dev/null; do sleep 0.02; done; exit 5"));
        let started = Instant::now();
        let ended = scene.run().await;
        assert!(matches!(ended, Ended::Code(5)), "{what}: {ended:?}");
        dies(scene.pid("pid").await).await;
        assert!(started.elapsed() < LONG / 2, "{what}: {:?}", started.elapsed());
    }
}

#[tokio::test]
async fn what_a_command_started_is_ended_too_when_it_is_cut_or_dropped() {
    let text = "setsid sh -c 'echo $$ > pid; exec sleep 1000' & echo $$ > own; sleep 1000";
    let scene = script(text);
    let cut = async {
        scene.pid("pid").await;
        Cut::Stopping
    };
    assert!(matches!(run(scene.order.clone(), cut).await, Ended::Cut(Cut::Stopping)));
    dies(scene.pid("pid").await).await;
    dies(scene.pid("own").await).await;

    let scene = script(text);
    let mut running = Box::pin(scene.run());
    tokio::select! {
        ended = &mut running => panic!("{ended:?}"),
        _ = scene.pid("pid") => {}
    }
    drop(running);
    let (pid, own) = (scene.pid("pid").await, scene.pid("own").await);
    wait_until("their end", LONG, || (!lives(pid) && !lives(own)).then_some(())).await.unwrap();
}

#[tokio::test]
async fn one_task_does_not_end_what_another_started() {
    let (one, other) = (script("setsid sh -c 'echo $$ > pid; exec sleep 1000' & sleep 1000"), script("exit 0"));
    let cut = async {
        let pid = one.pid("pid").await;
        assert!(matches!(other.run().await, Ended::Code(0)));
        assert!(lives(pid));
        Cut::Cancelled
    };
    assert!(matches!(run(one.order.clone(), cut).await, Ended::Cut(_)));
}

#[tokio::test]
async fn output_without_end_is_bounded_on_disk_and_never_blocks() {
    let mut scene = script("head -c 1000000000 /dev/zero; echo done >&2");
    scene.order.most_output = 1_000_000;
    assert!(matches!(scene.run().await, Ended::Code(0)));
    assert_eq!(fs::read_to_string(&scene.order.stderr).unwrap(), "done\n");
    let out = scene.out();
    let (kept, told) = out.split_at(1_000_000);
    assert!(kept.bytes().all(|byte| byte == 0));
    assert_eq!(told, "\n[spored: 999000000 more bytes are left out; 1000000 bytes of stdout are kept]\n");
}

#[tokio::test]
async fn what_cannot_be_started_is_told_with_what_to_do() {
    let scene = scene(&["no-such-program"]);
    assert_eq!(
        scene.not_started().await,
        "no folder of PATH has a program `no-such-program` (PATH=/usr/bin:/bin): install it, or give its path"
    );
    for (name, mode, text, expected) in [
        ("absent", None, "", "there is no `./absent`: check the path, and that the input brings it"),
        ("plain", Some(0o644), "#!/bin/sh\n", "work/./plain is not executable: `chmod +x` it"),
        (
            "text",
            Some(0o755),
            "echo hello\n",
            "`./text` is no program for this machine: begin a script with `#!/bin/sh`",
        ),
        (
            "odd",
            Some(0o755),
            "#!/no/such/python3 -u\n",
            "the interpreter of `./odd` is not on this host: /no/such/python3 -u",
        ),
    ] {
        let scene = self::scene(&[&format!("./{name}")]);
        if let Some(mode) = mode {
            scene.file(name, text.as_bytes(), mode);
        }
        let told = scene.not_started().await;
        assert!(told.contains(expected), "{name}: {told}");
    }
    let folder = self::scene(&["./sub"]);
    fs::create_dir(folder.order.folder.join("sub")).unwrap();
    assert!(folder.not_started().await.ends_with("work/./sub is a folder and no program"));
    let named = self::scene(&["align.sh"]);
    named.file("align.sh", b"#!/bin/sh\n", 0o755);
    assert_eq!(named.not_started().await, "`align.sh` is in the working directory, not in PATH: write `./align.sh`");
    let below = self::scene(&["./file/program"]);
    below.file("file", b"", 0o644);
    assert_eq!(below.not_started().await, "a part of the path `./file/program` is a file and no folder");
    let mut gone = script("true");
    gone.order.folder = gone.folder.path().join("gone");
    assert!(gone.not_started().await.ends_with("/gone is gone"));
    assert_eq!(self::scene(&[]).not_started().await, "there is no command: give one behind `--`");
}

#[tokio::test]
async fn what_no_process_can_be_given_is_told() {
    let mut scene = scene(&["true"]);
    for number in 0..10_000 {
        scene.order.environment.insert(format!("PARAMETER_{number:05}"), "x".repeat(1_000));
    }
    let told = scene.not_started().await;
    assert!(
        told.starts_with("arguments of 5 bytes and an environment of 101") && told.contains("in 10002 variables"),
        "{told}"
    );
    assert!(told.ends_with("pass them in a file of the input"), "{told}");

    let named = |name: &str, value: &str| {
        let mut scene = self::scene(&["true"]);
        scene.order.environment.insert(name.to_owned(), value.to_owned());
        scene
    };
    assert!(named("A=B", "c").not_started().await.starts_with("\"A=B\" is no name of an environment variable"));
    assert!(named("", "c").not_started().await.starts_with("\"\" is no name"));
    assert!(named("A", "a\0b").not_started().await.starts_with("the environment variable A holds a NUL"));
    assert!(self::scene(&["true", "a\0b"]).not_started().await.starts_with("argument 1 of the command holds a NUL"));
}

#[tokio::test]
async fn output_that_cannot_be_kept_is_told_before_the_command_runs() {
    let mut scene = script("echo ran > ran");
    scene.order.stdout = scene.folder.path().join("no/out");
    assert!(scene.not_started().await.contains("for its stdout cannot be written"));
    assert!(!scene.order.folder.join("ran").exists());
}

#[tokio::test]
async fn what_the_tasks_of_an_agent_that_was_killed_left_is_cleared_away() {
    let mut scene = script("setsid sh -c 'echo $$ > pid; exec sleep 1000' & sleep 1000");
    let folder = scene.folder.path().join("tasks");
    scene.order.folder = folder.join("align-1a2b3c4d/000000-1");
    fs::create_dir_all(&scene.order.folder).unwrap();
    let input = scene.order.folder.display().to_string();
    scene.order.environment.insert("SPAWN_INPUT".to_owned(), input.clone());
    // One of another agent, whose folder begins alike.
    let mut other = script("echo $$ > pid; exec sleep 1000");
    other.order.environment.insert("SPAWN_INPUT".to_owned(), input.replace("/tasks/", "/tasks-of-another/"));
    let cleared = async {
        let (pid, other_pid) = (scene.pid("pid").await, other.pid("pid").await);
        clear(&folder).await;
        assert!(!lives(pid) && lives(other_pid) && !folder.exists());
        clear(&folder).await;
    };
    tokio::select! {
        ended = async { tokio::join!(scene.run(), other.run()) } => panic!("{ended:?}"),
        () = cleared => {}
    }
}
