//! S3, on ministack.

use super::{SECRET, Stage};
use crate::world::aws;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, Delete, ObjectIdentifier};

const BUCKET: (&str, &str) = ("aws.s3.bucket", "attributes");
const KEY: (&str, &str) = ("aws.s3.key", "path/a b");

fn client(stage: &Stage) -> aws_sdk_s3::Client {
    let mut config = aws_sdk_s3::config::Builder::from(&stage.config).force_path_style(true);
    config.push_interceptor(stage.interceptor.clone());
    #[expect(clippy::disallowed_methods, reason = "this one is traced")]
    aws_sdk_s3::Client::from_conf(config.build())
}

#[tokio::test]
async fn objects_their_parts_and_copies() {
    let stage = Stage::on(aws().await.ministack_url());
    let s3 = client(&stage);
    s3.create_bucket().bucket("attributes").send().await.unwrap();
    stage.tells("S3.CreateBucket", &[BUCKET]);
    let body = || ByteStream::from_static(SECRET.as_bytes());
    let put = s3.put_object().bucket("attributes").key(KEY.1).body(body());
    put.metadata("m", SECRET).tagging(format!("t={SECRET}")).content_disposition(SECRET).send().await.unwrap();
    stage.tells("S3.PutObject", &[BUCKET, KEY, ("http.request.body.size", "20")]);
    let got = s3.get_object().bucket("attributes").key(KEY.1).send().await.unwrap();
    got.body.collect().await.unwrap();
    stage.tells("S3.GetObject", &[BUCKET, KEY, ("http.response.body.size", "20")]);
    let source = "attributes/path/a%20b";
    s3.copy_object().bucket("attributes").key("copy").copy_source(source).send().await.unwrap();
    stage.tells("S3.CopyObject", &[BUCKET, ("aws.s3.key", "copy"), ("aws.s3.copy_source", source)]);
    s3.list_objects_v2().bucket("attributes").prefix("path").send().await.unwrap();
    stage.tells("S3.ListObjectsV2", &[BUCKET, ("aws.s3.result_count", "1")]);
    s3.head_object().bucket("attributes").key("none").send().await.unwrap_err();
    stage.tells("S3.HeadObject", &[BUCKET, ("aws.s3.key", "none")]);
    parts(&stage, &s3).await;
    let object = |key: &str| ObjectIdentifier::builder().key(key).build().unwrap();
    let both = Delete::builder().objects(object(KEY.1)).objects(object("copy")).build().unwrap();
    s3.delete_objects().bucket("attributes").delete(both).send().await.unwrap();
    stage.tells("S3.DeleteObjects", &[BUCKET, ("aws.s3.delete_count", "2"), ("aws.s3.failed_count", "0")]);
    s3.list_buckets().send().await.unwrap();
    stage.tells("S3.ListBuckets", &[]);
}

async fn parts(stage: &Stage, s3: &aws_sdk_s3::Client) {
    let made = s3.create_multipart_upload().bucket("attributes").key("large").send().await.unwrap();
    let id = made.upload_id.unwrap();
    stage.tells("S3.CreateMultipartUpload", &[BUCKET, ("aws.s3.key", "large")]);
    let upload = [BUCKET, ("aws.s3.key", "large"), ("aws.s3.upload_id", id.as_str())];
    let part = s3.upload_part().bucket("attributes").key("large").upload_id(&id).part_number(1);
    let tag = part.body(ByteStream::from_static(SECRET.as_bytes())).send().await.unwrap().e_tag;
    let told = [&upload[..], &[("aws.s3.part_number", "1"), ("http.request.body.size", "20")]].concat();
    stage.tells("S3.UploadPart", &told);
    let copy = s3.upload_part_copy().bucket("attributes").key("large").upload_id(&id).part_number(2);
    copy.copy_source("attributes/copy").send().await.unwrap();
    let told = [&upload[..], &[("aws.s3.part_number", "2"), ("aws.s3.copy_source", "attributes/copy")]].concat();
    stage.tells("S3.UploadPartCopy", &told);
    let parts =
        CompletedMultipartUpload::builder().parts(CompletedPart::builder().part_number(1).set_e_tag(tag).build());
    let complete = s3.complete_multipart_upload().bucket("attributes").key("large").upload_id(&id);
    complete.multipart_upload(parts.build()).send().await.ok();
    stage.tells("S3.CompleteMultipartUpload", &upload);
}
