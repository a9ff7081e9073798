//! The commands of the guide to watching job arrays, in its order, as they are written.

use crate::array_fixture::Array;
use crate::fixture::spawn;
use spawn_test_support::Aws;

#[tokio::test]
async fn the_commands_of_the_guide_run_in_its_order() {
    let aws = Aws::start().await.unwrap();
    let array = Array::seed(&aws, "align-00000001", 13).await;
    for index in 0..12 {
        array.succeed(index).await;
    }
    array.fail(12, "no").await;
    array.finish().await;
    let code = "s3 = boto3.client('s3')\ns3.create_bucket(Bucket='spawn-123456789012-us-east-1')\n\
                [s3.put_object(Bucket='spawn-123456789012-us-east-1', Key=f'arrays/align-00000001/{index:06}/output/x', \
                Body=b'x')['ETag'] for index in range(12)]";
    aws.boto3(code).await.unwrap();
    let guide = include_str!("../../docs/how-to/watch-job-arrays.md");
    let blocks = guide.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let lines = blocks.flat_map(str::lines).map(|line| line.split('#').next().unwrap_or_default());
    let commands: Vec<Vec<&str>> = lines.map(|line| line.split_whitespace().skip(1).collect()).collect();
    assert_eq!(commands.len(), 20, "{commands:?}");
    let folder = tempfile::tempdir().unwrap();
    for words in commands {
        // There is nobody to ask here.
        let yes: &[&str] = if words[0] == "cancel" && !words.contains(&"--yes") { &["--yes"] } else { &[] };
        let output = spawn(&aws).args(&words).args(yes).current_dir(folder.path()).run().await.unwrap();
        assert!([0, 5].contains(&output.status), "spawn {}: {}", words.join(" "), output.stderr);
    }
    assert_eq!(std::fs::read_to_string(folder.path().join("results/000009/x")).unwrap(), "x");
    assert_eq!(array.read().await.round, 2);
}
