//! A metadata service that says what a test puts into its mouth, byte for byte, and keeps what it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What comes back.
pub(super) enum Answer {
    /// A status, and a whole body.
    Whole(u16, String),
    /// 200 and the announcement of a gigabyte, and it comes as fast as it is taken.
    Gigabyte,
    /// 200, and a byte now and then for as long as anybody listens.
    Dribble,
}

pub(super) struct Mouth {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Mouth {
    /// Answers each request line, such as `GET /latest/meta-data/ HTTP/1.1`, as told.
    pub(super) async fn start(say: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (say, heard) = (Arc::new(say), asked.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (say, heard) = (say.clone(), heard.clone());
                tokio::spawn(async move { converse(stream, &*say, &heard).await });
            }
        });
        Self { address, asked, task }
    }

    pub(super) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The request lines so far, without the version.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Mouth {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One question, one answer; whoever is asked ends the connection.
async fn converse(mut stream: TcpStream, say: &(dyn Fn(&str) -> Answer + Send + Sync), heard: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let question = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
    heard.lock().unwrap().push(question.clone());
    let start = |status: u16, length: usize| {
        let ttl = if status == 200 { "x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n" } else { "" };
        format!("HTTP/1.1 {status} X\r\n{ttl}connection: close\r\ncontent-length: {length}\r\n\r\n")
    };
    let gigabyte = 1 << 30;
    // Whoever hangs up has heard enough.
    match say(&question) {
        Answer::Whole(status, body) => {
            drop(stream.write_all((start(status, body.len()) + &body).as_bytes()).await);
        }
        Answer::Gigabyte => {
            let chunk = vec![b'7'; 1 << 20];
            let mut alive = stream.write_all(start(200, gigabyte).as_bytes()).await.is_ok();
            for _ in 0..gigabyte / chunk.len() {
                alive = alive && stream.write_all(&chunk).await.is_ok();
            }
        }
        Answer::Dribble => {
            let mut alive = stream.write_all(start(200, gigabyte).as_bytes()).await.is_ok();
            let mut time = tokio::time::interval(std::time::Duration::from_millis(100));
            while alive {
                time.tick().await;
                alive = stream.write_all(b"7").await.is_ok();
            }
        }
    }
}
