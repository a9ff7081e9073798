//! What a command prints, kept in files, and no more of it than a bound.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{ChildStderr, ChildStdout};

/// Bytes that are read at once: what a pipe holds at most is four times that.
const BUFFER: usize = 16 * 1_024;

/// A file that takes so much and no more.
#[derive(Debug)]
pub(super) struct Kept {
    name: &'static str,
    /// None once it could not be written.
    file: Option<File>,
    most: u64,
    left: u64,
    left_out: u64,
    ends_line: bool,
}

/// Keeps both streams until they end.
pub(super) async fn keep(
    (stdout, stderr): (Option<ChildStdout>, Option<ChildStderr>),
    into_stdout: Kept,
    into_stderr: Kept,
) {
    tokio::join!(copy(stdout, into_stdout), copy(stderr, into_stderr));
}

/// To the end even past the bound: a command whose output nobody reads would wait for ever.
async fn copy(from: Option<impl AsyncRead + Unpin>, mut into: Kept) {
    let Some(mut from) = from else { return };
    let mut buffer = vec![0; BUFFER];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        into.take(&buffer[..length]);
    }
}

impl Kept {
    /// Makes the file, or empties it.
    pub(super) fn create(name: &'static str, path: &Path, most: u64) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
        let file = file.map_err(|error| {
            io::Error::new(error.kind(), format!("{} for its {name} cannot be written: {error}", path.display()))
        })?;
        Ok(Self { name, file: Some(file), most, left: most, left_out: 0, ends_line: true })
    }

    /// Written at once rather than by another thread: it goes into the page cache, and there is a bound.
    fn take(&mut self, bytes: &[u8]) {
        let room = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
        let (kept, left_out) = bytes.split_at(room);
        if let Some(file) = &mut self.file
            && let Err(error) = file.write_all(kept)
        {
            tracing::warn!(stream = self.name, %error, "a task's output cannot be kept any more");
            self.file = None;
        }
        if let Some(last) = kept.last() {
            self.ends_line = *last == b'\n';
        }
        self.left -= kept.len() as u64;
        self.left_out += left_out.len() as u64;
    }
}

/// However the reading ends, the file says what is missing.
impl Drop for Kept {
    fn drop(&mut self) {
        let Self { name, file, most, left_out, ends_line, .. } = self;
        let Some(file) = file.as_mut().filter(|_| *left_out > 0) else { return };
        let begin = if *ends_line { "" } else { "\n" };
        let line = format!("{begin}[spored: {left_out} more bytes are left out; {most} bytes of {name} are kept]\n");
        if let Err(error) = file.write_all(line.as_bytes()) {
            tracing::warn!(stream = name, %error, left_out, "a task printed more than is kept");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(most: u64, pieces: &[&[u8]]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let mut kept = Kept::create("stdout", &path, most).unwrap();
        for piece in pieces {
            kept.take(piece);
        }
        drop(kept);
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn what_is_over_the_bound_is_counted_in_a_line_of_its_own() {
        assert_eq!(kept(6, &[b"one\n", b"tw"]), "one\ntw");
        let told = "[spored: 5 more bytes are left out; 6 bytes of stdout are kept]\n";
        assert_eq!(kept(6, &[b"one\n", b"two", b"four"]), format!("one\ntw\n{told}"));
        assert_eq!(kept(6, &[b"one\nt\n", b"hreee"]), format!("one\nt\n{told}"));
        assert_eq!(kept(0, &[]), "");
    }

    #[test]
    fn a_file_that_cannot_be_made_is_named() {
        let error = Kept::create("stderr", Path::new("/nonexistent/err"), 1).unwrap_err().to_string();
        assert!(error.starts_with("/nonexistent/err for its stderr cannot be written: No such file"), "{error}");
    }
}
