//! Arrays that are refused, each with its text, before a call is made or money spent.

use crate::fixture::{aws, bare};
use crate::launch_array::launch;
use spawn_test_support::FaultProxy;
use tempfile::TempDir;

#[tokio::test]
async fn what_is_wrong_is_refused_before_any_call() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (nested, one) = (file("nested.yaml", "- a: 1\n- b: [2]\n"), file("one.csv", "sample\nx\n"));
    let cases: [(&[&str], &str); 20] = [
        (&["--tasks", "3"], "--tasks is for a job array: put its command behind `--`"),
        (&["--topology", "linked"], "--topology is for a job array"),
        (&["--output", "s3://results/"], "--output s3://… is for a job array"),
        (&["--on-complete", "lambda:merge"], "--on-complete lambda:… is for a job array"),
        (&["--on-complete", "lambda:a b", "--", "x"], "behind `lambda:`"),
        (&["--on-complete", "stop", "--on-complete", "exit"], "names two ends for the instances: keep one"),
        (&["--tasks", "10001", "--", "x"], "10001 is not in 1..=10000"),
        (&["--tasks", "0", "--", "x"], "0 is not in 1..=10000"),
        (&["--job-array-name", "a/b", "--", "x"], "a job array's name is a letter and up to 59 letters"),
        (&["--", "./7z", "x"], "add --job-array-name"),
        (&["--", "x", "{sample}"], "the command: `{sample}` stands for nothing"),
        (&["--input", "s3://abc/{x", "--", "x"], "--input: a lone `{` at byte 9"),
        (&["--input", "/data", "--", "x"], "does not begin with s3://: write it as s3://BUCKET/PREFIX/"),
        (&["--env", "JOB_ARRAY_SIZE=1", "--", "x"], "spawn itself gives this variable to every task"),
        (&["--param-file", &nested, "--", "x"], "nested.yaml:2:3: parameter `b` of task 1: a list or an object"),
        (&["--param-file", &one, "--tasks", "2", "--", "x"], "--tasks 2 is more than the 1 parameter sets"),
        (&["--param-file", &one, "--shell", "--", "echo {sample}"], "write \"$NAME\", or ${{NAME}}"),
        (&["--param-file", "/nowhere.csv", "--", "x"], "--param-file /nowhere.csv cannot be read"),
        (&["--no-agent", "--", "x"], "agents work on the tasks of a job array: leave --no-agent out"),
        (&["--tag", "spawn:array-id=a-00000000", "--", "x"], "is the array that this launch is for"),
    ];
    for (flags, part) in cases {
        // Without a way to AWS: whoever asked anything would fail otherwise.
        let program = bare().args(["launch", "--instance-type", "t3.micro", "--region", "us-east-1"]).args(flags);
        let output = program.run().await.unwrap();
        assert_eq!(output.status, 2, "{flags:?}: {}", output.stderr);
        let text = output.stderr.replace("\n  ", " ");
        assert!(text.contains(part), "{flags:?}: {}", output.stderr);
    }
}

#[tokio::test]
async fn inputs_that_are_not_there_are_refused_before_money_is_spent() {
    let aws = aws().await;
    aws.boto3("s3 = boto3.client('s3')\ns3.create_bucket(Bucket='reads')\ns3.put_object(Bucket='reads', Key='batch-1/a', Body=b'x')\n1")
        .await
        .unwrap();
    let orders = async |input: &str| {
        let proxy = FaultProxy::start(aws.moto_url()).unwrap();
        let program = launch(aws, &["--input", input, "--", "./x"]).env("AWS_ENDPOINT_URL", proxy.url());
        let output = program.run().await.unwrap();
        (output, proxy.requests().iter().filter(|request| request.text().contains("RunInstances")).count())
    };
    for input in ["s3://reads/batch-2/", "s3://reads/batch"] {
        let (output, ordered) = orders(input).await;
        assert_eq!((output.status, ordered), (2, 0), "{}", output.stderr);
        assert!(output.stderr.contains(&format!("there is no object in {input}")), "{}", output.stderr);
    }
    let (output, ordered) = orders("s3://no-such-bucket-of-mine/").await;
    assert_eq!((output.status, ordered), (1, 0), "{}", output.stderr);
    assert!(output.stderr.contains("failed to look at --input s3://no-such-bucket-of-mine/"), "{}", output.stderr);
    for input in ["s3://reads/batch-1/", "s3://reads/batch-1", "s3://reads/batch-1/a", "s3://reads/batch-{index}/"] {
        let (output, ordered) = orders(input).await;
        assert_eq!((output.status, ordered), (0, 1), "{}", output.stderr);
    }
}

#[tokio::test]
async fn a_resumed_launch_takes_nothing_new() {
    for (flags, part) in [
        (&["--tasks", "3"][..], "the argument '--resume [<ID>]' cannot be used with"),
        (&["--", "./x"], "the argument '--resume [<ID>]' cannot be used with"),
        (&["--output", "s3://results/"], "a resumed launch has its place for results"),
        (&["-o", "json", "-o", "yaml"], "--output is given twice with different values: keep one"),
    ] {
        let program = bare().args(["launch", "--resume"]).args(flags);
        let output = program.run().await.unwrap();
        assert_eq!(output.status, 2, "{flags:?}: {}", output.stderr);
        assert!(output.stderr.contains(part), "{flags:?}: {}", output.stderr);
    }
}
