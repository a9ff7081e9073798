//! The other end: takes every request on loopback and answers as X-Ray does, and counts documents.

use std::io::{BufRead, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// X-Ray's answer to documents that it has taken.
const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 31\r\n\r\n{\"UnprocessedTraceSegments\":[]}";
const END_OF_HEAD: &[u8] = b"\r\n\r\n";
/// Every document has its id once, and in a request's body its quotes are escaped.
const DOCUMENT: &[u8] = b"\\\"trace_id\\\"";

static DOCUMENTS: AtomicU64 = AtomicU64::new(0);

/// Serves until its input ends.
pub(crate) fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    println!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            // The client closes when it likes.
            thread::spawn(move || drop(answer(connection)));
        }
    });
    for _ in std::io::stdin().lock().lines() {
        println!("{}", DOCUMENTS.load(Ordering::Relaxed));
    }
}

fn answer(mut connection: TcpStream) -> Result<()> {
    connection.set_nodelay(true)?;
    let (mut received, mut buffer) = (Vec::new(), vec![0; 256 * 1024]);
    loop {
        let read = connection.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        received.extend_from_slice(&buffer[..read]);
        while let Some(length) = request_length(&received).filter(|length| received.len() >= *length) {
            let documents = received[..length].windows(DOCUMENT.len()).filter(|window| *window == DOCUMENT).count();
            DOCUMENTS.fetch_add(documents as u64, Ordering::Relaxed);
            received.drain(..length);
            connection.write_all(ANSWER)?;
        }
    }
}

/// Bytes of head and body, once the head is there.
fn request_length(received: &[u8]) -> Option<usize> {
    let head = received.windows(END_OF_HEAD.len()).position(|window| window == END_OF_HEAD)?;
    let text = std::str::from_utf8(&received[..head]).expect("a head is text");
    let length = text.lines().filter_map(|line| line.split_once(": ")).find_map(|(name, value)| {
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().expect("a number"))
    });
    Some(head + END_OF_HEAD.len() + length.unwrap_or_default())
}
