//! The other end of the delivery: takes every request on loopback and answers as X-Ray does, reading as little as it can.

use std::io::{Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// X-Ray's answer to documents that it has taken, and to anything else.
const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 31\r\n\r\n{\"UnprocessedTraceSegments\":[]}";
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// Starts it; answers its URL. It ends with the process.
pub(crate) fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            // The client closes when it likes.
            thread::spawn(move || drop(serve(connection)));
        }
    });
    url
}

fn serve(mut connection: TcpStream) -> Result<()> {
    let mut received = Vec::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = connection.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        received.extend_from_slice(&buffer[..read]);
        if let Some(length) = request_length(&received)
            && received.len() >= length
        {
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
