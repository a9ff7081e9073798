//! Writing and removing the tags of running instances, which their agents follow.

use crate::error::{Error, Result};
use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::Tag;
use std::collections::BTreeMap;

/// Writes these tags to each of the instances; others stay as they are.
pub async fn write_tags(client: &Client, ids: &[String], tags: &BTreeMap<String, String>) -> Result<()> {
    let tags = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
    let call = client.create_tags().set_resources(Some(ids.to_vec())).set_tags(Some(tags));
    call.send().await.map_err(|error| Error::of("EC2 CreateTags", error))?;
    Ok(())
}

/// Takes the tags with these keys from each of the instances; one that is not there is no error.
pub async fn remove_tags(client: &Client, ids: &[String], keys: &[&str]) -> Result<()> {
    let tags = keys.iter().map(|&key| Tag::builder().key(key).build()).collect();
    let call = client.delete_tags().set_resources(Some(ids.to_vec())).set_tags(Some(tags));
    call.send().await.map_err(|error| Error::of("EC2 DeleteTags", error))?;
    Ok(())
}
