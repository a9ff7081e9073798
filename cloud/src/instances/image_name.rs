//! The name of an image, which says what system is on it.

use crate::error::{Error, Result};
use aws_sdk_ec2::Client;

/// The image's name, such as `al2023-ami-2023.9.20251117.1-kernel-6.1-x86_64`; `None` where the account may not see it.
pub async fn image_name(client: &Client, id: &str) -> Result<Option<String>> {
    let answer = client.describe_images().image_ids(id).send().await;
    let images = answer.map_err(|error| Error::of("EC2 DescribeImages", error))?.images.unwrap_or_default();
    Ok(images.into_iter().find_map(|image| image.name))
}
