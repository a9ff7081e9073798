//! Images: the one to launch when the user names none, and what EC2 says of one that the user names.

use crate::error::{Error, Result};
use aws_sdk_ec2::Client;
use serde::{Deserialize, Serialize};
use std::fmt;

const CALL: &str = "EC2 DescribeImages";
/// The root device of Amazon Linux 2 and 2023.
const AMAZON_LINUX_ROOT: &str = "/dev/xvda";
/// Parameters of Systems Manager under which AWS publishes Amazon Linux.
const AMAZON_LINUX: &str = "resolve:ssm:/aws/service/ami-amazon-linux-latest/";

/// What kind of processor a program or an image is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Architecture {
    /// 64-bit Intel and AMD.
    #[serde(rename = "x86_64")]
    X86_64,
    /// 64-bit ARM: Graviton.
    #[serde(rename = "arm64")]
    Arm64,
}

impl Architecture {
    /// EC2's word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }

    /// That of an instance type. A Graviton one has a `g` among the letters after the generation (`c7gn`), or is `a1`,
    /// the first.
    pub fn of_instance_type(instance_type: &str) -> Self {
        let family = instance_type.split('.').next().unwrap_or_default();
        let attributes = family
            .trim_start_matches(|c: char| c.is_ascii_alphabetic())
            .trim_start_matches(|c: char| c.is_ascii_digit());
        let arm = family == "a1" || attributes.split('-').next().unwrap_or_default().contains('g');
        if arm { Self::Arm64 } else { Self::X86_64 }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The newest Amazon Linux 2023 for an architecture, resolved by EC2 itself at launch.
pub fn default_image(architecture: Architecture) -> String {
    format!("{AMAZON_LINUX}al2023-ami-kernel-default-{architecture}")
}

/// The root device of an image that goes by a parameter's name, where the name tells it.
pub fn root_device_of_parameter(image: &str) -> Option<&'static str> {
    image.starts_with(AMAZON_LINUX).then_some(AMAZON_LINUX_ROOT)
}

/// What a launch must know of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// What it runs on; `None` where EC2 names something else, such as a Mac.
    pub architecture: Option<Architecture>,
    /// For example `/dev/xvda`.
    pub root_device: String,
    /// Its other volumes.
    pub other_devices: Vec<String>,
}

/// Asks EC2 about an image; `None` if there is none of this id that the account may use.
pub async fn image(client: &Client, id: &str) -> Result<Option<Image>> {
    let call = client.describe_images().image_ids(id).customize();
    let expected = spawn_telemetry::ExpectErrors(&["InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"]);
    let answer = match call.interceptor(expected).send().await.map_err(|error| Error::of(CALL, error)) {
        Ok(answer) => answer,
        Err(error) if error.code().is_some_and(|code| code.starts_with("InvalidAMIID.")) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(image) = answer.images.unwrap_or_default().into_iter().next() else { return Ok(None) };
    let Some(root_device) = image.root_device_name else {
        return Err(Error::Unexpected { call: CALL, reason: format!("image {id} has no root device") });
    };
    let architecture = match image.architecture.as_ref().map(|architecture| architecture.as_str()) {
        Some("x86_64") => Some(Architecture::X86_64),
        Some("arm64") => Some(Architecture::Arm64),
        _ => None,
    };
    let volumes = image.block_device_mappings.unwrap_or_default().into_iter();
    let other = volumes.filter(|volume| volume.ebs.is_some()).filter_map(|volume| volume.device_name);
    let other_devices = other.filter(|device| *device != root_device).collect();
    Ok(Some(Image { architecture, root_device, other_devices }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graviton_types_get_an_arm_image_and_the_others_do_not() {
        let arm = ["t4g.micro", "c7gn.large", "m6gd.metal", "a1.large", "g5g.xlarge", "im4gn.large", "x2gd.medium"];
        let intel = ["t3.micro", "g4dn.xlarge", "c7i.large", "m7a.large", "u7i-12tb.224xlarge", "mac2.metal", ""];
        for kind in arm {
            assert_eq!(Architecture::of_instance_type(kind), Architecture::Arm64, "{kind}");
        }
        for kind in intel {
            assert_eq!(Architecture::of_instance_type(kind), Architecture::X86_64, "{kind}");
        }
        assert!(default_image(Architecture::Arm64).ends_with("-arm64"));
        assert!(default_image(Architecture::X86_64).ends_with("-x86_64"));
    }

    #[test]
    fn only_of_amazon_linux_is_the_root_device_known_by_its_name() {
        assert_eq!(root_device_of_parameter(&default_image(Architecture::X86_64)), Some("/dev/xvda"));
        assert_eq!(root_device_of_parameter("resolve:ssm:/my/image"), None);
    }
}
