//! The command that connects, as the words that a program gets: no shell reads them, so nothing in them can run.

use anyhow::{Context, Result};
use std::path::PathBuf;

/// How to get there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By OpenSSH's client.
    Ssh { id: String, user: String, address: String, key: Option<PathBuf>, traceparent: Option<String> },
    /// By AWS Systems Manager.
    SessionManager { id: String, region: String },
}

impl Way {
    /// Program and arguments; `command` is run there in place of a shell.
    pub(super) fn argv(&self, command: &[String]) -> Vec<String> {
        match self {
            Self::Ssh { id, user, address, key, traceparent } => {
                let mut argv = words(&["ssh", "-o", "StrictHostKeyChecking=accept-new"]);
                // Addresses are used again: a host's key belongs to the instance, not to its address.
                argv.extend(["-o".to_owned(), format!("HostKeyAlias={id}")]);
                if let Some(traceparent) = traceparent {
                    // A server that does not accept the variable passes over it.
                    argv.extend(["-o".to_owned(), format!("SetEnv=TRACEPARENT={traceparent}")]);
                }
                if let Some(key) = key {
                    argv.extend(words(&["-o", "IdentitiesOnly=yes", "-i"]));
                    argv.push(key.display().to_string());
                }
                argv.extend(["-l".to_owned(), user.clone(), "--".to_owned(), address.clone()]);
                argv.extend(command.iter().cloned());
                argv
            }
            Self::SessionManager { id, region } => {
                let mut argv = words(&["aws", "ssm", "start-session", "--target", id, "--region", region]);
                if !command.is_empty() {
                    let parameters = serde_json::json!({ "command": [command.join(" ")] }).to_string();
                    argv.extend(words(&["--document-name", "AWS-StartInteractiveCommand", "--parameters"]));
                    argv.push(parameters);
                }
                argv
            }
        }
    }
}

/// The command as one would type it.
pub(super) fn line(argv: &[String]) -> Result<String> {
    shlex::try_join(argv.iter().map(String::as_str))
        .context("failed to show the command: a word of it has a null character")
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ssh_gets_words_and_the_hosts_key_belongs_to_the_instance() {
        let way = Way::Ssh {
            id: "i-0123456789abcdef0".to_owned(),
            user: "ec2-user".to_owned(),
            address: "10.0.0.7".to_owned(),
            key: Some(PathBuf::from("my key.pem")),
            traceparent: Some("00-aa-bb-01".to_owned()),
        };
        assert_eq!(
            line(&way.argv(&words(&["echo", "a b"]))).unwrap(),
            "ssh -o 'StrictHostKeyChecking=accept-new' -o 'HostKeyAlias=i-0123456789abcdef0' \
             -o 'SetEnv=TRACEPARENT=00-aa-bb-01' -o 'IdentitiesOnly=yes' -i 'my key.pem' -l ec2-user -- 10.0.0.7 echo 'a b'"
        );
    }

    #[test]
    fn session_manager_runs_a_command_by_its_document() {
        let way = Way::SessionManager { id: "i-1".to_owned(), region: "eu-west-1".to_owned() };
        assert_eq!(
            way.argv(&words(&["uptime", "-p"])),
            words(&[
                "aws",
                "ssm",
                "start-session",
                "--target",
                "i-1",
                "--region",
                "eu-west-1",
                "--document-name",
                "AWS-StartInteractiveCommand",
                "--parameters",
                "{\"command\":[\"uptime -p\"]}"
            ])
        );
    }
}
