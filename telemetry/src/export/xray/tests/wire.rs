//! A server on a port of this host that answers with any bytes at all, or with none.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// What the server does with a request.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// Sends these bytes and closes the connection.
    Raw(Vec<u8>),
    /// Reads on and never answers.
    Hang,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) head: String,
    pub(super) body: String,
}

impl Asked {
    /// The value of a header, by its name in lower case.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let pairs = self.head.lines().filter_map(|line| line.split_once(':'));
        pairs.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned()).next()
    }
}

/// The server; it lives as long as the test's process.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    pub(super) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Wire {
    /// Answers each request as `reply` says.
    pub(super) fn start(reply: impl FnMut(&Asked) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        std::thread::spawn(move || serve(&listener, &kept, reply));
        Self { url, asked }
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(listener: &TcpListener, asked: &Mutex<Vec<Asked>>, mut reply: impl FnMut(&Asked) -> Reply) {
    let mut hanging = Vec::new();
    for stream in listener.incoming() {
        let Ok(mut stream) = stream else { return };
        let Some(request) = read(&mut stream) else { continue };
        asked.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        match reply(&request) {
            // A client that has gone wants no answer.
            Reply::Raw(bytes) => drop(stream.write_all(&bytes)),
            Reply::Hang => hanging.push(stream),
        }
    }
}

fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        more(stream, &mut bytes)?;
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let asked = Asked { head, body: String::new() };
    let length: usize = asked.header("content-length").and_then(|length| length.parse().ok()).unwrap_or_default();
    while bytes.len() < end + length {
        more(stream, &mut bytes)?;
    }
    Some(Asked { body: String::from_utf8_lossy(&bytes[end..]).into_owned(), ..asked })
}

fn more(stream: &mut TcpStream, into: &mut Vec<u8>) -> Option<()> {
    let mut some = [0; 65_536];
    let read = stream.read(&mut some).ok().filter(|read| *read > 0)?;
    into.extend(&some[..read]);
    Some(())
}

/// An answer with this body, after which the connection ends.
pub(super) fn answer(status: u16, headers: &str, body: &str) -> Reply {
    let length = body.len();
    let text = format!("HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}");
    Reply::Raw(text.into_bytes())
}
