//! What an instance gets to read at its first boot: the user's own user data, and what brings the agent.
//!
//! Nothing is put into a script: scripts are constants, and what differs stands in files that they read. Pure.

mod cloud_config;
mod mime;

use flate2::Compression;
use flate2::write::GzEncoder;
use mime::Part;
use std::io::Write;

/// Bytes of user data that EC2 takes, before base64 (Amazon EC2 User Guide, "Run commands at launch").
pub(crate) const LIMIT: usize = 16_384;
/// The script that fetches, verifies, installs and starts the agent.
const INSTALL: &str = include_str!("../../packaging/install-spored.sh");
/// cloud-init runs scripts in the order of their names; the user's own is `part-001`.
const INSTALL_NAME: &str = "000-spored";

/// What goes into the user data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contents<'a> {
    /// The user's own, as it is.
    pub(crate) user: Option<&'a [u8]>,
    /// Which agent to bring; none where there is to be none.
    pub(crate) agent: Option<&'a Agent>,
    /// The program that the agent runs before the end.
    pub(crate) pre_stop: Option<&'a [u8]>,
    /// Whether the agent works on the tasks of a job array, which need more room than the agent itself.
    pub(crate) tasks: bool,
}

/// Where the instance finds its agent, and what the agent's checksum must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Agent {
    /// Region of the bucket.
    pub(crate) region: String,
    /// Account that must own the bucket.
    pub(crate) account: String,
    /// The bucket.
    pub(crate) bucket: String,
    /// The agent in it.
    pub(crate) key: String,
    /// The same as an address.
    pub(crate) url: String,
    /// Checksum of the program, 64 hexadecimal digits.
    pub(crate) sha256: String,
    /// A signed address, for an instance without credentials.
    pub(crate) link: Option<String>,
    /// The table of agents, where it has another name than usual.
    pub(crate) table: Option<String>,
}

/// Why there can be no such user data.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UserDataError {
    /// EC2 would refuse it.
    #[error(
        "the user data has {size} bytes with what brings the agent, even compressed, and EC2 takes {LIMIT}: put the large \
         parts into S3 and fetch them from a short script"
    )]
    TooLarge {
        /// Its size, compressed.
        size: usize,
    },
    /// cloud-init could not read it.
    #[error("the user data is a MIME message with bytes that are no UTF-8: encode its parts with base64")]
    Message,
}

/// The user data, compressed if that is needed; none if there is nothing to say.
pub(crate) fn build(contents: Contents<'_>) -> Result<Option<Vec<u8>>, UserDataError> {
    let Contents { user, agent, pre_stop, tasks } = contents;
    let whole = match (user, agent) {
        (None, None) => return Ok(None),
        // Without an agent the user's own goes as it is.
        (Some(user), None) => user.to_vec(),
        (user, Some(agent)) => {
            let config = cloud_config::text(agent, pre_stop, tasks);
            let user = user.map(of_user).transpose()?;
            let ours = [
                Part::Text { content_type: "text/cloud-config", name: "spored.cfg", text: &config },
                Part::Text { content_type: "text/x-shellscript", name: INSTALL_NAME, text: INSTALL },
            ];
            mime::multipart(user.into_iter().chain(ours))
        }
    };
    if whole.len() <= LIMIT {
        return Ok(Some(whole));
    }
    let small = compressed(&whole);
    let smaller = if small.len() < whole.len() { small } else { whole };
    if smaller.len() > LIMIT { Err(UserDataError::TooLarge { size: smaller.len() }) } else { Ok(Some(smaller)) }
}

/// The user's own user data as a part. cloud-init looks itself at the first line of what is called `text/plain`
/// (`#!`, `#cloud-config`, `## template: jinja`, ...), so every form that it knows keeps its meaning.
fn of_user(bytes: &[u8]) -> Result<Part<'_>, UserDataError> {
    if mime::is_message(bytes) {
        return std::str::from_utf8(bytes).map(Part::Message).map_err(|_| UserDataError::Message);
    }
    let gzip = bytes.starts_with(&[0x1f, 0x8b]);
    let content_type = if gzip { "application/gzip" } else { "text/plain" };
    Ok(Part::Bytes { content_type, name: "part-001", bytes })
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("writing into memory does not fail")
}

#[cfg(test)]
mod tests;
