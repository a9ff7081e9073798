//! Where a task's results and logs are below its array's output.

use super::url::S3Url;
use std::fmt;

/// The place of one task below the output of its array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskPlace(S3Url);

/// One of the two streams that a command writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    /// Its output.
    Stdout,
    /// Its errors.
    Stderr,
}

impl TaskPlace {
    /// The task of this index, `OUTPUT/000042/`.
    #[must_use]
    pub fn new(output: &S3Url, index: u32) -> Self {
        Self(output.join(&format!("{index:06}/")))
    }

    /// Its results, `OUTPUT/000042/output/`.
    #[must_use]
    pub fn results(&self) -> S3Url {
        self.0.join("output/")
    }

    /// What one attempt wrote to a stream, `OUTPUT/000042/logs/3/stdout/`.
    #[must_use]
    pub fn logs(&self, attempt: u32, stream: Stream) -> S3Url {
        self.0.join(&format!("logs/{attempt}/{stream}/"))
    }
}

impl Stream {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Stdout, Self::Stderr];

    /// Its word in keys and output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_has_its_own_place() {
        let place = TaskPlace::new(&"s3://data/align".parse().unwrap(), 42);
        assert_eq!(place.results().to_string(), "s3://data/align/000042/output/");
        assert_eq!(place.logs(3, Stream::Stderr).to_string(), "s3://data/align/000042/logs/3/stderr/");
    }
}
