//! Text of others in `spawn`: names and tags of instances, answers of AWS, what the user typed.

use crate::fixture::{aws, spawn};

/// What would move a cursor, ring a bell, recolour or turn the direction of reading.
#[track_caller]
fn harmless(text: &str) {
    let hostile =
        |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!text.contains(hostile), "{:?}", text.escape_debug().to_string());
    assert!(!text.contains("panicked"), "{text}");
}

#[tokio::test]
async fn no_name_of_an_instance_steers_the_operators_terminal() {
    let aws = aws().await;
    // EC2's answers are XML, which has no way to say ESC; these say the same to a terminal.
    let code = r"boto3.client('ec2').run_instances(ImageId='ami-12c6146b', MinCount=1, MaxCount=1, TagSpecifications=[
        {'ResourceType': 'instance', 'Tags': [
            {'Key': 'spawn:managed', 'Value': 'true'}, {'Key': 'spawn:on-complete', 'Value': 'exit\u0085'},
            {'Key': 'spawn:array-id', 'Value': '\u202eevil'}, {'Key': 'spawn:ttl', 'Value': '\x9b31m1h'},
            {'Key': 'Name', 'Value': '\x9b2J\x9b1;1Hall is well\n$ \u202eevil\u2028'}]}])['Instances'][0]['InstanceId']";
    let id = aws.boto3(&code.replace('\n', " ")).await.unwrap().as_str().unwrap().to_owned();
    let listed = spawn(aws).args(["list", "--region", "us-east-1"]).run().await.unwrap();
    assert!(listed.status == 0 && listed.stdout.contains(&id), "{}{}", listed.stdout, listed.stderr);
    harmless(&(listed.stdout + &listed.stderr));
}

#[tokio::test]
async fn no_tag_that_is_typed_steers_the_operators_terminal() {
    let aws = aws().await;
    for line in include_str!("../data/hostile/tags.jsonl").lines() {
        let (key, value): (String, String) = serde_json::from_str(line).unwrap();
        // No command line can carry a zero byte.
        if key.contains('\0') || value.contains('\0') {
            continue;
        }
        let launch = ["launch", "--dry-run", "--instance-type", "t3.micro", "--tag", &format!("{key}={value}")];
        let output = spawn(aws).args(launch).env("AWS_ENDPOINT_URL", "http://127.0.0.1:9").run().await.unwrap();
        harmless(&(output.stdout + &output.stderr));
    }
}
