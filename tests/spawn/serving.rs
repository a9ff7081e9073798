//! `spawn trace serve` under way, for the tests that look at its pages.

use serde_json::Value;
use spawn_test_support::{Process, Program};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A server under way, and where it is.
pub(crate) struct Serving {
    pub(crate) process: Process,
    pub(crate) pages: String,
    pub(crate) otlp: String,
}

/// Starts this command, and waits until it has said where it is.
pub(crate) async fn started(command: Program) -> Serving {
    let mut process = command.start().unwrap();
    let after = |text: &str, word: &str| {
        let rest = text.lines().find_map(|line| line.strip_prefix(word))?;
        rest.trim().split([' ', ',']).next().map(str::to_owned)
    };
    let found = process.wait_for_stdout(PATIENCE, |text| {
        let whole = text.contains("Ctrl-C");
        whole.then(|| Some((after(text, "pages")?, after(text, "OTLP").unwrap_or_default()))).flatten()
    });
    let (pages, otlp) = found.await.unwrap();
    Serving { process, pages, otlp }
}

impl Serving {
    /// What is at this path of the pages, as JSON.
    pub(crate) fn get(&self, path: &str) -> Value {
        let host = self.pages.trim_start_matches("http://").trim_end_matches('/');
        let mut stream = TcpStream::connect(host).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        serde_json::from_str(body).unwrap()
    }

    /// Ends it, and answers what it has said on stderr.
    pub(crate) async fn end(mut self, signal: &str) -> String {
        self.process.signal(signal).unwrap();
        assert_eq!(self.process.wait(PATIENCE).await.unwrap(), 0, "{}", self.process.stderr());
        self.process.stderr()
    }
}
