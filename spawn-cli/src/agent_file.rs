//! Agents on this machine: where they are, what they are built for, and their checksums.

use crate::exit::UsageError;
use sha2::{Digest, Sha256};
use spawn_cloud::agent_bucket::AgentObject;
use spawn_cloud::instances::Architecture;
use spawn_host::World;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The agent's program.
const PROGRAM: &str = "spored";
/// Names agents, separated as in `PATH`, instead of the one beside `spawn`.
const VARIABLE: &str = "SPAWN_AGENT";
/// Bytes of an ELF header of 64 bits.
const HEADER: usize = 64;
/// Bytes read at once.
const CHUNK: usize = 256 * 1024;

/// An agent that can be brought to the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AgentFile {
    pub(crate) path: PathBuf,
    pub(crate) architecture: Architecture,
}

/// Why a file is no agent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AgentFileError {
    /// It cannot be read.
    #[error("the agent {} cannot be read ({reason}): name the file of a `spored` built for Linux", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason; part of the message, therefore no source of its own.
        reason: io::Error,
    },
    /// It is something else.
    #[error("{} is no agent: an ELF program for x86_64 or arm64 is wanted, built with `cargo build --release`", path.display())]
    NoProgram {
        /// The file.
        path: PathBuf,
    },
}

impl AgentFile {
    /// Looks at the file's header.
    pub(crate) fn open(path: &Path) -> Result<Self, AgentFileError> {
        let unreadable = |reason| AgentFileError::Unreadable { path: path.to_owned(), reason };
        let mut header = Vec::with_capacity(HEADER);
        let file = File::open(path).map_err(unreadable)?;
        file.take(HEADER as u64).read_to_end(&mut header).map_err(unreadable)?;
        match architecture(&header) {
            Some(architecture) => Ok(Self { path: path.to_owned(), architecture }),
            None => Err(AgentFileError::NoProgram { path: path.to_owned() }),
        }
    }

    /// Reads the file once, for its size and checksum.
    pub(crate) fn object(&self, version: &str) -> Result<AgentObject, AgentFileError> {
        let (sha256, size) =
            checksum(&self.path).map_err(|reason| AgentFileError::Unreadable { path: self.path.clone(), reason })?;
        Ok(AgentObject::new(version, self.architecture, &sha256, size))
    }
}

/// The agents of this machine: those that are named, else those of `SPAWN_AGENT`, else the one beside this program.
/// A named one that is none is an error; another system's program beside this one is not meant.
pub(crate) fn local(world: &World, named: &[PathBuf]) -> Result<Vec<AgentFile>, UsageError> {
    let of_variable = || world.variable(VARIABLE).map(|paths| std::env::split_paths(paths).collect::<Vec<PathBuf>>());
    let named = if named.is_empty() { of_variable().unwrap_or_default() } else { named.to_vec() };
    if named.is_empty() {
        let beside = world.beside(PROGRAM);
        return Ok(beside.and_then(|path| AgentFile::open(&path).ok()).into_iter().collect());
    }
    let mut agents: Vec<AgentFile> = Vec::new();
    for path in named {
        let agent = AgentFile::open(&path).map_err(|error| UsageError::Other(error.to_string()))?;
        if let Some(other) = agents.iter().find(|other| other.architecture == agent.architecture) {
            return Err(UsageError::Other(format!(
                "{} and {} are both for {}: name one agent for each architecture",
                other.path.display(),
                agent.path.display(),
                agent.architecture
            )));
        }
        agents.push(agent);
    }
    Ok(agents)
}

/// What a program is for, by its header: 64 bits, little end first, executable or position-independent (`elf(5)`).
fn architecture(header: &[u8]) -> Option<Architecture> {
    let is_program = header.len() == HEADER
        && header.starts_with(&[0x7f, b'E', b'L', b'F', 2, 1])
        && matches!(header.get(16..18)?, [2 | 3, 0]);
    match header.get(18..20).filter(|_| is_program)? {
        [0x3e, 0] => Some(Architecture::X86_64),
        [0xb7, 0] => Some(Architecture::Arm64),
        _ => None,
    }
}

/// SHA-256 in hexadecimal, and the number of bytes.
fn checksum(path: &Path) -> io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    let mut size = 0;
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            let digest = hasher.finalize();
            return Ok((digest.iter().map(|byte| format!("{byte:02x}")).collect(), size));
        }
        size += read as u64;
        hasher.update(&chunk[..read]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(machine: u8) -> Vec<u8> {
        let mut header = vec![0; HEADER];
        header[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1]);
        header[16] = 3;
        header[18] = machine;
        header
    }

    #[test]
    fn a_programs_header_tells_its_architecture() {
        assert_eq!(architecture(&header(0x3e)), Some(Architecture::X86_64));
        assert_eq!(architecture(&header(0xb7)), Some(Architecture::Arm64));
        assert_eq!(architecture(&header(0x28)), None, "32-bit ARM");
        for (at, byte) in [(0, 0), (4, 1), (5, 2), (16, 1), (17, 1), (19, 1)] {
            let mut other = header(0x3e);
            other[at] = byte;
            assert_eq!(architecture(&other), None, "byte {at}");
        }
        assert_eq!(architecture(&header(0x3e)[..63]), None);
        assert_eq!(architecture(b"#!/bin/sh\n"), None);
    }

    #[test]
    fn the_object_is_named_by_version_architecture_and_checksum() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spored");
        std::fs::write(&path, header(0x3e)).unwrap();
        let object = AgentFile::open(&path).unwrap().object("1.2.3").unwrap();
        // By sha256sum.
        let sha256 = "0304e5319dc85bce0264642349151fb289d98d5b61bf71684a5a48d5ae52e6b3";
        let expected =
            AgentObject { key: format!("spored/1.2.3/x86_64/{sha256}"), sha256: sha256.to_owned(), size: 64 };
        assert_eq!(object, expected);
    }

    #[test]
    fn two_agents_of_one_architecture_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["a", "b"].map(|name| folder.path().join(name));
        paths.iter().for_each(|path| std::fs::write(path, header(0xb7)).unwrap());
        let world = World { environment: std::collections::BTreeMap::new(), root: "/".into() };
        let message = local(&world, &paths).unwrap_err().to_string();
        assert!(message.contains("both for arm64: name one agent for each architecture"), "{message}");
    }
}
