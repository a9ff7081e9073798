//! Bytes to stdout and stderr as they are.

use anyhow::{Context, Result};
use spawn_cloud::staging::Stream;
use std::io::{ErrorKind, IsTerminal, Write};

/// Whether a person looks at this stream.
pub(super) fn is_terminal(stream: Stream) -> bool {
    match stream {
        Stream::Stdout => std::io::stdout().is_terminal(),
        Stream::Stderr => std::io::stderr().is_terminal(),
    }
}

/// Writes the bytes; whether somebody still reads them.
pub(super) fn write(stream: Stream, bytes: &[u8]) -> Result<bool> {
    let written = match stream {
        Stream::Stdout => all(&mut std::io::stdout().lock(), bytes),
        Stream::Stderr => all(&mut std::io::stderr().lock(), bytes),
    };
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error).with_context(|| format!("failed to write the logs to {stream}")),
    }
}

fn all(to: &mut impl Write, bytes: &[u8]) -> std::io::Result<()> {
    to.write_all(bytes)?;
    to.flush()
}
