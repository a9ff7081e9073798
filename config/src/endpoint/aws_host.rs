//! The host names that AWS gives to X-Ray, and the region that each belongs to.

use url::{Host, Url};

/// What region names of a partition begin with, and the suffixes of its regional and dual-stack host names; a prefix
/// that is longer than another comes before it. From the partition table of the AWS SDK.
const PARTITIONS: [(&str, [&str; 2]); 7] = [
    ("cn-", [".amazonaws.com.cn", ".api.amazonwebservices.com.cn"]),
    ("eusc-", [".amazonaws.eu", ".api.amazonwebservices.eu"]),
    ("us-iso-", [".c2s.ic.gov", ".api.aws.ic.gov"]),
    ("us-isob-", [".sc2s.sgov.gov", ".api.aws.scloud"]),
    ("us-isof-", [".csp.hci.ic.gov", ".api.aws.hci.ic.gov"]),
    ("eu-isoe-", [".cloud.adc-e.uk", ".api.cloud-aws.adc-e.uk"]),
    ("", [".amazonaws.com", ".api.aws"]),
];

/// The region whose X-Ray answers at this address: regional, FIPS, dual stack, or behind a VPC endpoint, over https on
/// its usual port. `None` for every other host, one that looks similar included.
pub(crate) fn xray_region(url: &Url) -> Option<&str> {
    let Some(Host::Domain(name)) = url.host() else { return None };
    if url.scheme() != "https" || url.port().is_some() {
        return None;
    }
    let region = behind_vpc_endpoint(name).or_else(|| regional(name))?;
    is_region(region).then_some(region)
}

fn regional(name: &str) -> Option<&str> {
    let (service, rest) = name.split_once('.')?;
    let (region, _) = rest.split_once('.')?;
    let is_suffix = suffixes(region).iter().any(|suffix| rest.strip_prefix(region) == Some(*suffix));
    (matches!(service, "xray" | "xray-fips") && is_suffix).then_some(region)
}

/// A VPC endpoint of X-Ray is `vpce-….xray.REGION.vpce.SUFFIX`, perhaps with a zone in its first label. One of anybody
/// else's service is `vpce-….vpce-svc-….REGION.vpce.SUFFIX`: the `xray` label tells them apart.
fn behind_vpc_endpoint(name: &str) -> Option<&str> {
    let (rest, suffix) = name.split_once(".vpce.")?;
    let [id, "xray", region] = rest.split('.').collect::<Vec<_>>()[..] else { return None };
    let is_suffix = suffixes(region)[0].strip_prefix('.') == Some(suffix);
    (id.starts_with("vpce-") && !id.starts_with("vpce-svc-") && is_suffix).then_some(region)
}

fn suffixes(region: &str) -> [&'static str; 2] {
    let found = PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix));
    found.expect("the last prefix is empty").1
}

/// Whether the label has the shape of a region, such as `us-gov-west-1`.
fn is_region(label: &str) -> bool {
    label.starts_with(|first: char| first.is_ascii_lowercase())
        && label.ends_with(|last: char| last.is_ascii_digit())
        && label.contains('-')
        && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_of_x_ray_tell_their_region() {
        for (text, region) in [
            ("https://xray.eu-central-1.amazonaws.com", "eu-central-1"),
            ("https://xray.eu-central-1.amazonaws.com/v1/traces", "eu-central-1"),
            ("https://xray-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
            ("https://xray.us-east-1.api.aws", "us-east-1"),
            ("https://xray.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            ("https://xray.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
            ("https://vpce-0a1b2c-3d4e.xray.us-east-1.vpce.amazonaws.com", "us-east-1"),
            ("https://vpce-0a1b2c-3d4e-us-east-1a.xray.us-east-1.vpce.amazonaws.com", "us-east-1"),
        ] {
            assert_eq!(xray_region(&Url::parse(text).unwrap()), Some(region), "{text}");
        }
    }

    #[test]
    fn a_host_of_the_wrong_partition_is_none() {
        for text in ["https://xray.cn-north-1.amazonaws.com", "https://xray.us-east-1.amazonaws.com.cn"] {
            assert_eq!(xray_region(&Url::parse(text).unwrap()), None, "{text}");
        }
    }
}
