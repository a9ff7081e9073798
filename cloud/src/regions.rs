//! The regions that the account may use.

use crate::error::{Error, Result};
use aws_sdk_ec2::Client;

/// Names of the regions that are enabled for the account, in the order of the alphabet.
pub async fn enabled_regions(client: &Client) -> Result<Vec<String>> {
    // Without `AllRegions` EC2 leaves out those that the account has not opted in to.
    let answer = client.describe_regions().send().await.map_err(|error| Error::of("EC2 DescribeRegions", error))?;
    let regions = answer.regions.unwrap_or_default().into_iter();
    let mut names: Vec<String> = regions.filter_map(|region| region.region_name).collect();
    names.sort();
    Ok(names)
}
