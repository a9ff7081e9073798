//! The image to launch when the user names none.

/// The newest Amazon Linux 2023 for the architecture of `instance_type`, resolved by EC2 itself at launch.
pub fn default_image(instance_type: &str) -> String {
    let architecture = if is_arm(instance_type) { "arm64" } else { "x86_64" };
    format!("resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{architecture}")
}

/// Whether the type is a Graviton one: a `g` among the letters after the generation (`c7gn`), or `a1`, the first.
fn is_arm(instance_type: &str) -> bool {
    let family = instance_type.split('.').next().unwrap_or_default();
    let attributes =
        family.trim_start_matches(|c: char| c.is_ascii_alphabetic()).trim_start_matches(|c: char| c.is_ascii_digit());
    family == "a1" || attributes.split('-').next().unwrap_or_default().contains('g')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graviton_types_get_an_arm_image_and_the_others_do_not() {
        let arm = ["t4g.micro", "c7gn.large", "m6gd.metal", "a1.large", "g5g.xlarge", "im4gn.large", "x2gd.medium"];
        let intel = ["t3.micro", "g4dn.xlarge", "c7i.large", "m7a.large", "u7i-12tb.224xlarge", "mac2.metal", ""];
        for kind in arm {
            assert!(default_image(kind).ends_with("-arm64"), "{kind}");
        }
        for kind in intel {
            assert!(default_image(kind).ends_with("-x86_64"), "{kind}");
        }
    }
}
