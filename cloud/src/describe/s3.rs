//! Amazon S3: part numbers and sizes; bucket and key are captured for every operation by the telemetry crate.

use super::{as_type, count, set};
use aws_sdk_s3::operation::delete_objects::{DeleteObjectsInput, DeleteObjectsOutput};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::list_objects::ListObjectsOutput;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::operation::put_object::PutObjectInput;
use aws_sdk_s3::operation::upload_part::UploadPartInput;
use aws_sdk_s3::operation::upload_part_copy::UploadPartCopyInput;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::client::interceptors::context::{Input, Output};
use opentelemetry_semantic_conventions::attribute as semconv;
use spawn_telemetry::Attributes;

const RESULT_COUNT: &str = "aws.s3.result_count";
const DELETE_COUNT: &str = "aws.s3.delete_count";
/// Objects that stayed although the call succeeded.
const FAILED_COUNT: &str = "aws.s3.failed_count";

pub(super) fn input(operation: &str, input: &Input, into: &mut Attributes) {
    match operation {
        "UploadPart" => {
            as_type!(input: UploadPartInput);
            set(into, semconv::AWS_S3_PART_NUMBER, input.part_number().map(i64::from));
            body_size(into, input.body());
        }
        "UploadPartCopy" => {
            as_type!(input: UploadPartCopyInput);
            set(into, semconv::AWS_S3_PART_NUMBER, input.part_number().map(i64::from));
        }
        "PutObject" => {
            as_type!(input: PutObjectInput);
            body_size(into, input.body());
        }
        "DeleteObjects" => {
            as_type!(input: DeleteObjectsInput);
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
        "DeleteObjects" => {
            as_type!(output: DeleteObjectsOutput);
            into.set(FAILED_COUNT, count(output.errors().len()));
        }
        "GetObject" => {
            as_type!(output: GetObjectOutput);
            set(into, semconv::HTTP_RESPONSE_BODY_SIZE, output.content_length());
        }
        "ListObjects" => {
            as_type!(output: ListObjectsOutput);
            into.set(RESULT_COUNT, count(output.contents().len()));
        }
        "ListObjectsV2" => {
            as_type!(output: ListObjectsV2Output);
            into.set(RESULT_COUNT, count(output.contents().len()));
        }
        _ => {}
    }
}

/// The size of a body that is known before it is sent.
fn body_size(into: &mut Attributes, body: &ByteStream) {
    let size = body.size_hint().1.and_then(|size| i64::try_from(size).ok());
    set(into, semconv::HTTP_REQUEST_BODY_SIZE, size);
}
