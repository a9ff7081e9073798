//! Transfers that meet trouble: names that lead astray, disks that are full, bodies that break off.

use crate::staging::{bytes, scene};
use spawn_cloud::staging::Fetched;
use spawn_test_support::fault_proxy::{Action, Rule};
use std::collections::BTreeMap;
use std::fs;

#[tokio::test]
async fn names_that_would_leave_the_folder_are_refused_before_anything_is_brought() {
    for (key, reason) in [
        ("in/../x", "`.` or `..`"),
        ("in//etc/passwd", "an empty part"),
        ("in/a&#10;b", "a control character"),
        ("elsewhere", "not below the prefix"),
    ] {
        let scene = scene().await;
        scene.answer_lists_with(&[("in/good", 1), (key, 1)]);
        let told = scene.fetch_error("in/").await;
        assert!(told.starts_with("object s3://staging-") && told.contains(reason), "{key}: {told}");
        assert_eq!(scene.files(), BTreeMap::new());
    }
}

#[tokio::test]
async fn an_object_that_would_be_file_and_folder_is_refused() {
    for names in ["('in/a', 'in/a/b')", "('in/a', 'in/a/')"] {
        let scene = scene().await;
        scene
            .boto3(&format!(
                "[s3.put_object(Bucket=B, Key=k, Body=b'' if k[-1] == '/' else b'x')['ETag'] for k in {names}]"
            ))
            .await;
        let told = scene.fetch_error("in/").await;
        assert!(told.contains("it would be both a file and a folder"), "{told}");
    }
}

#[tokio::test]
async fn an_input_larger_than_the_disk_is_refused_before_anything_is_brought() {
    let scene = scene().await;
    scene.answer_lists_with(&[("in/a", 1), ("in/b", 1 << 60)]);
    let error = scene.fetch("in/").await.unwrap_err();
    let told = error.to_string();
    assert!(told.contains(" bytes free and needs 1152921504606846977: give the host a larger disk"), "{told}");
    assert!(error.is_passing());
    assert_eq!(scene.files(), BTreeMap::new());
}

#[tokio::test]
async fn an_upload_that_fails_leaves_no_parts_behind() {
    let scene = scene().await;
    scene.file("big.bin", &bytes(20_000_000));
    let refused = Action::respond(403, &[], "<Error><Code>AccessDenied</Code><Message>no</Message></Error>");
    let path = format!("/{}/out/big.bin?x-id=UploadPart&partNumber=2", scene.bucket);
    scene.proxy.script([Rule::new(refused).method("PUT").path(&path)]);
    let told = scene.deliver("out").await.unwrap_err().to_string();
    assert!(told.contains("/out/big.bin: S3 UploadPart: AccessDenied"), "{told}");
    assert_eq!(scene.boto3("s3.list_multipart_uploads(Bucket=B).get('Uploads', [])").await, serde_json::json!([]));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_read_on_from_there() {
    let scene = scene().await;
    let content = bytes(1_000_000);
    let path = scene.file("a.bin", &content);
    scene.deliver("in").await.unwrap();
    fs::remove_file(path).unwrap();
    let object = format!("/{}/in/a.bin", scene.bucket);
    scene.proxy.script([
        Rule::new(Action::Truncate(600_000)).method("GET").path(&object).once(),
        Rule::new(Action::Truncate(1_000)).method("GET").path(&object).once(),
    ]);
    assert_eq!(scene.fetch("in/").await.unwrap(), Fetched { objects: 1, bytes: 1_000_000 });
    assert!(scene.files()["a.bin"] == content);
    let requests = scene.proxy.requests();
    let gets = requests.iter().filter(|request| request.method == "GET" && request.path.starts_with(&object));
    let ranges: Vec<Option<&str>> = gets.map(|request| request.header("range")).collect();
    assert_eq!(ranges, [None, Some("bytes=600000-999999"), Some("bytes=601000-999999")]);
}

#[tokio::test]
async fn a_body_that_always_breaks_off_is_given_up_and_told() {
    let scene = scene().await;
    scene.boto3("s3.put_object(Bucket=B, Key='in/a', Body=b'x' * 1000)['ETag']").await;
    scene.proxy.script([Rule::new(Action::Truncate(10)).method("GET").path(&format!("/{}/in/a", scene.bucket))]);
    let error = scene.fetch("in/").await.unwrap_err();
    let told = error.to_string();
    assert!(told.starts_with(&format!("s3://{}/in/a broke off 5 times: ", scene.bucket)), "{told}");
    assert!(error.is_passing());
}

#[tokio::test]
async fn an_object_that_changes_on_the_way_is_told() {
    let scene = scene().await;
    scene.answer_lists_with(&[("in/a", 7)]);
    scene.boto3("s3.put_object(Bucket=B, Key='in/a', Body=b'another')['ETag']").await;
    let told = scene.fetch_error("in/").await;
    assert!(told.contains("/in/a was changed or removed while it was read"), "{told}");
    scene.boto3("s3.delete_object(Bucket=B, Key='in/a')['ResponseMetadata']['HTTPStatusCode']").await;
    fs::remove_file(scene.folder.path().join("a")).unwrap();
    assert!(scene.fetch_error("in/").await.contains("/in/a was changed or removed"));
}
