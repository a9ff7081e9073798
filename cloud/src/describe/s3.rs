//! Amazon S3: part numbers and sizes; bucket and key are captured for every operation by the telemetry crate.

use super::{count, set};
use aws_sdk_s3::operation::delete_objects::DeleteObjectsInput;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::list_objects::ListObjectsOutput;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::operation::put_object::PutObjectInput;
use aws_sdk_s3::operation::upload_part::UploadPartInput;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::client::interceptors::context::{Input, Output};
use opentelemetry_semantic_conventions::attribute as semconv;
use spawn_telemetry::Attributes;

const RESULT_COUNT: &str = "aws.s3.result_count";
const DELETE_COUNT: &str = "aws.s3.delete_count";

pub(super) fn input(operation: &str, input: &Input, into: &mut Attributes) {
    match operation {
        "UploadPart" => {
            let Some(input) = input.downcast_ref::<UploadPartInput>() else { return };
            set(into, semconv::AWS_S3_PART_NUMBER, input.part_number().map(i64::from));
        }
        "PutObject" => {
            let Some(input) = input.downcast_ref::<PutObjectInput>() else { return };
            set(
                into,
                semconv::HTTP_REQUEST_BODY_SIZE,
                input.body().size_hint().1.and_then(|size| i64::try_from(size).ok()),
            );
        }
        "DeleteObjects" => {
            let Some(input) = input.downcast_ref::<DeleteObjectsInput>() else { return };
            set(into, DELETE_COUNT, input.delete().map(|delete| count(delete.objects().len())));
        }
        _ => {}
    }
}

/// The content of an object.
pub(super) fn body<'a>(operation: &str, output: &'a mut Output) -> Option<&'a mut ByteStream> {
    let output = (operation == "GetObject").then(|| output.downcast_mut::<GetObjectOutput>())??;
    Some(&mut output.body)
}

pub(super) fn output(operation: &str, output: &Output, into: &mut Attributes) {
    match operation {
        "GetObject" => {
            let Some(output) = output.downcast_ref::<GetObjectOutput>() else { return };
            set(into, semconv::HTTP_RESPONSE_BODY_SIZE, output.content_length());
        }
        "ListObjects" => {
            let Some(output) = output.downcast_ref::<ListObjectsOutput>() else { return };
            into.set(RESULT_COUNT, count(output.contents().len()));
        }
        "ListObjectsV2" => {
            let Some(output) = output.downcast_ref::<ListObjectsV2Output>() else { return };
            into.set(RESULT_COUNT, count(output.contents().len()));
        }
        _ => {}
    }
}
