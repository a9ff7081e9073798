//! User data as EC2 holds it, read with Python's own MIME parser.

use crate::fixture::{aws, json, only_instance, spawn};
use serde_json::Value;
use spawn_test_support::FaultProxy;
use std::path::PathBuf;
use tempfile::TempDir;

/// Reads an instance's user data as cloud-init does: unpacks it, walks the message, decodes each part.
const READ: &str = r#"
import base64, email, gzip
def read(instance, region=None):
    ec2 = boto3.client('ec2', region_name=region)
    value = ec2.describe_instance_attribute(InstanceId=instance, Attribute='userData')['UserData'].get('Value', '')
    data = base64.b64decode(value)
    packed = data[:2] == b'\x1f\x8b'
    message = email.message_from_string((gzip.decompress(data) if packed else data).decode())
    leaves = [part for part in message.walk() if part.get_content_maintype() != 'multipart']
    show = lambda part: {'type': part.get_content_type(), 'name': part.get_filename(),
                         'body': base64.b64encode(part.get_payload(decode=True)).decode()}
    return {'size': len(data), 'packed': packed, 'defects': len(message.defects), 'parts': [show(part) for part in leaves]}
"#;

/// What [`READ`] gives for an instance.
pub(crate) async fn read(id: &str, region: &str) -> Value {
    aws().await.boto3(&format!("{READ}\nread('{id}', '{region}')")).await.unwrap()
}

pub(crate) fn body(part: &Value) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(part["body"].as_str().unwrap()).unwrap()
}

/// Files of the user, gone with this value.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn with(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

async fn launched(flags: &[&str]) -> Value {
    let line = ["launch", "--instance-type", "t3.micro", "-o", "json"];
    let output = spawn(aws().await).args(line).args(flags).run().await.unwrap();
    read(&only_instance(&json(&output)), "us-east-1").await
}

#[tokio::test]
async fn the_users_own_comes_out_first_and_unchanged_whatever_its_bytes_are() {
    let files = Files::new();
    let script = b"#!/bin/sh\necho '\xff\0\xc3\x28' \"$(date)\" `id` ${X}\r\n--=-spawn-0-=\n".to_vec();
    for bytes in [script.clone(), b"#cloud-config\npackages: [jq]\n".to_vec(), b"\x80no text".to_vec()] {
        let path = files.with("user-data", &bytes);
        let message = launched(&["--user-data", path.to_str().unwrap()]).await;
        assert_eq!(message["defects"], 0);
        let parts = message["parts"].as_array().unwrap();
        let kinds: Vec<&str> = parts.iter().map(|part| part["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["text/plain", "text/cloud-config", "text/x-shellscript"]);
        assert_eq!(body(&parts[0]), bytes);
        assert_eq!(parts[2]["name"], "000-spored");
    }
}

#[tokio::test]
async fn a_message_of_the_user_keeps_its_parts() {
    let files = Files::new();
    let message = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\n\
                   Content-Type: text/x-shellscript; charset=\"us-ascii\"\n\n#!/bin/sh\necho one\n--b\n\
                   Content-Type: text/cloud-config\n\n#cloud-config\n{}\n--b--\n";
    let path = files.with("user-data", message.as_bytes());
    let read = launched(&["--user-data", path.to_str().unwrap()]).await;
    let parts = read["parts"].as_array().unwrap();
    assert_eq!(
        (parts.len(), body(&parts[0]), body(&parts[1])),
        (4, b"#!/bin/sh\necho one".to_vec(), b"#cloud-config\n{}".to_vec())
    );
}

#[tokio::test]
async fn large_user_data_is_packed() {
    let files = Files::new();
    let script = format!("#!/bin/sh\n{}", "echo hello\n".repeat(4_000));
    let path = files.with("user-data", script.as_bytes());
    let message = launched(&["--user-data", path.to_str().unwrap()]).await;
    assert_eq!((&message["packed"], body(&message["parts"][0])), (&true.into(), script.into_bytes()));
    assert!(message["size"].as_u64().unwrap() <= 16_384, "{message}");
}

#[tokio::test]
async fn a_pre_stop_program_is_brought_as_a_file() {
    let files = Files::new();
    let path = files.with("hook", b"#!/bin/sh\nsync \"$1\" '\n");
    let message = launched(&["--pre-stop", path.to_str().unwrap()]).await;
    let text = String::from_utf8(body(&message["parts"][0])).unwrap();
    let config: Value = serde_json::from_str(text.strip_prefix("#cloud-config\n").unwrap()).unwrap();
    let file = config["write_files"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&file["path"], &file["permissions"], &file["owner"]),
        (&"/etc/spawn/pre-stop".into(), &"0755".into(), &"root:root".into())
    );
    use base64::Engine;
    let content = base64::engine::general_purpose::STANDARD.decode(file["content"].as_str().unwrap()).unwrap();
    assert_eq!(content, b"#!/bin/sh\nsync \"$1\" '\n");
}

#[tokio::test]
async fn without_an_agent_the_users_own_is_all_and_without_both_there_is_none() {
    let aws = aws().await;
    let files = Files::new();
    let path = files.with("user-data", b"#!/bin/sh\ntrue\n");
    for (flags, expected) in [(["--user-data", path.to_str().unwrap()].as_slice(), "#!/bin/sh\ntrue\n"), (&[], "")] {
        let line = ["launch", "--instance-type", "t3.micro", "--no-agent", "-o", "json"];
        let id = only_instance(&json(&spawn(aws).args(line).args(flags).run().await.unwrap()));
        let code = format!(
            "import base64\nbase64.b64decode(boto3.client('ec2').describe_instance_attribute(InstanceId='{id}', Attribute='userData')['UserData'].get('Value', '')).decode()"
        );
        assert_eq!(aws.boto3(&code).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_is_refused_before_any_call() {
    let files = Files::new();
    let noise: Vec<u8> = (0..20_000_u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let noise = files.with("noise", &noise);
    let huge = files.with("huge", &vec![b'a'; 5 * 1024 * 1024]);
    let (empty, plain) = (files.with("empty", b""), files.with("plain", b"echo bye\n"));
    let gone = PathBuf::from("/nonexistent/user-data");
    let cases: [(&str, &PathBuf, &[&str]); 6] = [
        ("--user-data", &noise, &["EC2 takes 16384", "put the large parts into S3"]),
        ("--user-data", &huge, &["EC2 takes 16384", "put it into S3"]),
        ("--user-data", &gone, &["/nonexistent/user-data cannot be read"]),
        ("--user-data", &empty, &["is empty"]),
        ("--pre-stop", &gone, &["cannot be read"]),
        ("--pre-stop", &plain, &["is no program", "#!/bin/sh"]),
    ];
    for (flag, path, parts) in cases {
        let recorder = FaultProxy::start(aws().await.moto_url()).unwrap();
        let program = spawn(aws().await).args(["launch", "--instance-type", "t3.micro", flag]).arg(path);
        let output = program
            .env("AWS_ENDPOINT_URL", recorder.url())
            .env("AWS_ENDPOINT_URL_S3", recorder.url())
            .env("AWS_ENDPOINT_URL_DYNAMODB", recorder.url())
            .run()
            .await
            .unwrap();
        assert_eq!((output.status, recorder.requests().len()), (2, 0), "{}", output.stderr);
        assert!(parts.iter().all(|part| output.stderr.contains(part)), "{parts:?}: {}", output.stderr);
    }
}
