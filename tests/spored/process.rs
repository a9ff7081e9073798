//! Commands that behave badly: what becomes of their tasks, and that the agent is none the worse for them.

use crate::array::{Array, BUCKET, bucket, worker};
use crate::fixture::{PATIENCE, aws, stop, until};
use spawn_cloud::arrays::TaskState;
use spawn_test_support::{Process, wait_until};
use std::path::Path;
use std::time::Duration;

/// Kilobytes of the agent's memory that are resident.
fn resident(agent: &Process) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", agent.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn lives(pid: &str) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok();
    state.is_some_and(|state| !state.contains(") Z "))
}

/// What a command has written into a file, once it is a whole line.
async fn line(path: &Path) -> String {
    let read = || std::fs::read_to_string(path).ok().filter(|text| text.ends_with('\n'));
    wait_until(&path.display().to_string(), PATIENCE, read).await.unwrap().trim().to_owned()
}

#[tokio::test]
async fn a_command_that_cannot_be_started_is_told_on_its_task() {
    let aws = aws().await;
    bucket(aws).await;
    let put = "put = lambda key, body: boto3.client('s3').put_object(Bucket='BUCKET', Key=key, Body=body)['ETag']\n\
               put('unfit/0', b'echo hello'); put('unfit/1', b'#!/no/such/python3\\n'); put('unfit/3/x', b'x')";
    aws.boto3(&put.replace("BUCKET", BUCKET)).await.unwrap();
    let array = Array::seed_with(aws, "unfit", 4, "", |array| {
        array.command = vec!["./{index}".to_owned()];
        array.shell = false;
        array.input = Some(format!("s3://{BUCKET}/unfit/"));
    });
    let array = array.await;
    let agent = worker(aws, &array, 2).run(&[]).await;
    array.ended().await;
    let tasks = array.tasks().await;
    for (task, expected) in tasks.iter().zip([
        "/0 is not executable: `chmod +x` it, or begin a script in the input with `#!`",
        "the interpreter of `./1` is not on this host: /no/such/python3",
        "there is no `./2`: check the path, and that the input brings it",
        "/3 is a folder and no program",
    ]) {
        let reason = task.reason.as_deref().unwrap();
        assert!(reason.starts_with("it cannot be started: ") && reason.ends_with(expected), "{reason}");
        assert_eq!((task.state, task.exit_code), (TaskState::Failed, None));
    }
    stop(agent).await;
}

#[tokio::test]
async fn a_gigabyte_of_output_is_cut_and_the_agent_stays_small() {
    let aws = aws().await;
    bucket(aws).await;
    let array = Array::seed(aws, "verbose", 1, "head -c 1000000000 /dev/zero; echo done >&2").await;
    let agent = worker(aws, &array, 1).env("SPORED_LEASE", "30s").run(&[]).await;
    let before = resident(&agent);
    array.ended_within(PATIENCE * 3).await;
    let grown = resident(&agent).saturating_sub(before);
    assert!(grown < 32 * 1_024, "{grown} kB more than {before} kB");
    let task = &array.tasks().await[0];
    assert_eq!((task.state, task.exit_code), (TaskState::Succeeded, Some(0)), "{task:#?}");
    let code = "s3 = boto3.client('s3')\nkeys = [o['Key'] for o in s3.list_objects_v2(Bucket='BUCKET', Prefix='arrays/ID/000000/logs/1/stdout/')['Contents']]\n\
                s3.get_object(Bucket='BUCKET', Key=keys[-1])['Body'].read()[-90:].decode().strip('\\0')";
    let last = aws.boto3(&code.replace("BUCKET", BUCKET).replace("ID", array.id())).await.unwrap();
    assert!(last.as_str().unwrap().contains("more bytes are left out; "), "{last}");
    stop(agent).await;
}

#[tokio::test]
async fn what_a_task_leaves_running_ends_with_it_and_the_next_task_is_not_held_up() {
    let aws = aws().await;
    let folder = tempfile::tempdir().unwrap();
    let command = format!(
        "(setsid sh -c 'echo $$ > {0}/{{index}}; exec sleep 1000' &) >/dev/null 2>&1; while ! grep -q . {0}/{{index}} 2>/dev/null; do sleep 0.02; done",
        folder.path().display()
    );
    let array = Array::seed(aws, "leaving", 2, &command).await;
    let agent = worker(aws, &array, 1).run(&[]).await;
    array.ended().await;
    for (index, task) in array.tasks().await.iter().enumerate() {
        assert_eq!(task.state, TaskState::Succeeded);
        let pid = line(&folder.path().join(index.to_string())).await;
        wait_until("the end of what was left", Duration::from_secs(30), || (!lives(&pid)).then_some(())).await.unwrap();
    }
    stop(agent).await;
}

#[tokio::test]
async fn what_a_killed_agent_left_behind_is_cleared_away_by_the_next_one() {
    let aws = aws().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let command = format!("if [ $JOB_ATTEMPT = 1 ]; then echo $$ > {}; exec sleep 1000; fi", file.display());
    let array = Array::seed(aws, "orphaned", 1, &command).await;
    let host = worker(aws, &array, 1);
    let mut first = host.run(&[]).await;
    let pid = line(&file).await;
    first.signal("KILL").unwrap();
    first.wait(PATIENCE).await.unwrap();
    assert!(lives(&pid));
    let second = host.run(&[]).await;
    wait_until("the end of what was left", Duration::from_secs(30), || (!lives(&pid)).then_some(())).await.unwrap();
    array.ended().await;
    assert_eq!(array.tasks().await[0].attempt, 2);
    until(&second, "task has ended").await;
    stop(second).await;
    let left = |entry: std::io::Result<std::fs::DirEntry>| std::fs::read_dir(entry.unwrap().path()).unwrap().count();
    let tasks = host.path("state").join("tasks");
    assert_eq!(std::fs::read_dir(tasks).unwrap().map(left).sum::<usize>(), 0);
}
