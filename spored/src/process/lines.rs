//! What the program before the end prints goes into the log line by line, and no further than a bound.

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{ChildStderr, ChildStdout};

/// Bytes of each stream that reach the log.
const MOST: usize = 64 * 1_024;
/// Bytes of a line that do.
const LONGEST_LINE: usize = 1_024;

/// Logs both streams until they end.
pub(crate) async fn log((stdout, stderr): (Option<ChildStdout>, Option<ChildStderr>)) {
    tokio::join!(stream("stdout", stdout), stream("stderr", stderr));
}

async fn stream(name: &'static str, from: Option<impl AsyncRead + Unpin>) {
    let Some(mut from) = from else { return };
    let mut lines = Lines { left: MOST, line: Vec::new() };
    let mut buffer = [0; 4_096];
    // To the end even past the bound: a program whose output nobody reads would wait for ever.
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let had_room = lines.left > 0;
        for line in lines.push(&buffer[..length]) {
            tracing::info!(stream = name, line, "pre-stop");
        }
        if had_room && lines.left == 0 {
            tracing::warn!(
                stream = name,
                "the program before the end prints more than {MOST} bytes; the rest is left out"
            );
        }
    }
    if let Some(line) = lines.last() {
        tracing::info!(stream = name, line, "pre-stop");
    }
}

/// Makes lines of bytes.
#[derive(Debug)]
struct Lines {
    left: usize,
    line: Vec<u8>,
}

impl Lines {
    /// The lines that these bytes complete, cut where they are too long.
    fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        let bytes = &bytes[..bytes.len().min(self.left)];
        self.left -= bytes.len();
        let mut lines = Vec::new();
        for &byte in bytes {
            if byte == b'\n' {
                lines.extend(self.last());
            } else if self.line.len() < LONGEST_LINE {
                self.line.push(byte);
            }
        }
        lines
    }

    fn last(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() { None } else { Some(String::from_utf8_lossy(&line).into_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_put_together_cut_and_bounded() {
        let mut lines = Lines { left: 3_000, line: Vec::new() };
        assert_eq!(lines.push(b"one\ntw"), ["one"]);
        assert_eq!(lines.push(b"o\n\n\xff"), ["two"]);
        assert_eq!(lines.last().as_deref(), Some("\u{fffd}"));
        let long = lines.push(&[&[b'x'; 2_000][..], b"\n"].concat());
        assert_eq!(long, ["x".repeat(LONGEST_LINE)]);
        assert_eq!(lines.push(&[b'y'; 5_000]), [""; 0]);
        assert_eq!((lines.left, lines.push(b"more\n")), (0, Vec::new()));
        assert_eq!(lines.last(), Some("y".repeat(3_000 - 10 - 2_001)));
    }
}
