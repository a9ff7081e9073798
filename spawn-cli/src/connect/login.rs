//! The user to log in as: each maker of images has chosen one.

use crate::session::Session;
use crate::show;
use spawn_cloud::instances::{self, Instance};

/// The user of Amazon Linux, and of most that are made after it.
const USUAL: &str = "ec2-user";
/// What an image's name has in it, and its user (Amazon EC2 User Guide, "Default user names for AMIs").
const USERS: [(&str, &str); 6] = [
    ("ubuntu", "ubuntu"),
    ("debian", "admin"),
    ("fedora", "fedora"),
    ("bitnami", "bitnami"),
    ("rocky", "rocky"),
    ("almalinux", "ec2-user"),
];

/// Guesses the user by the image's name.
pub(super) async fn of_image(session: &Session, instance: &Instance) -> String {
    let Some(id) = instance.image_id.as_deref().filter(|id| id.starts_with("ami-")) else { return USUAL.to_owned() };
    match instances::image_name(session.clients.ec2(), id).await {
        Ok(name) => of_name(name.as_deref().unwrap_or_default()).to_owned(),
        Err(error) => {
            show::message(&format!("the image's user is not known, trying {USUAL} (--user sets another): {error}"));
            USUAL.to_owned()
        }
    }
}

fn of_name(image: &str) -> &'static str {
    let image = image.to_ascii_lowercase();
    USERS.into_iter().find(|(part, _)| image.contains(part)).map_or(USUAL, |(_, user)| user)
}

/// A user's name that no program takes for a flag.
pub(super) fn user(text: &str) -> Result<String, String> {
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | '\\');
    let begins_well = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    if begins_well && text.chars().all(sound) {
        Ok(text.to_owned())
    } else {
        Err("a user's name has letters, digits, `_`, `-` and `.`, such as ec2-user".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_images_name_tells_its_user() {
        let users = [
            "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20251001",
            "debian-12-amd64-20251001",
            "al2023-ami-2023.9.20251117.1-kernel-6.1-x86_64",
            "",
        ]
        .map(of_name);
        assert_eq!(users, ["ubuntu", "admin", "ec2-user", "ec2-user"]);
    }

    #[test]
    fn a_flag_is_no_user() {
        for wrong in ["", "-oProxyCommand=x", "a b", "a;b"] {
            assert!(user(wrong).is_err(), "{wrong}");
        }
        assert_eq!(user("ec2-user"), Ok("ec2-user".to_owned()));
    }
}
