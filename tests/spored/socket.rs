//! The control socket as a stranger's program sees it: bytes over a unix socket.

use crate::fixture::{Host, PATIENCE};
use serde_json::Value;
use spawn_test_support::{Process, Program};
use std::path::Path;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

/// Sends a request and answers status and body, which is JSON.
pub(crate) async fn request(host: &Host, method: &str, path: &str, body: Value) -> (u16, Value) {
    let (status, _, body) = request_any(host, method, path, body).await;
    (status, serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}")))
}

/// Sends a request and answers status, head and body.
pub(crate) async fn request_any(host: &Host, method: &str, path: &str, body: Value) -> (u16, String, String) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let head = format!("{method} {path} HTTP/1.1\r\nhost: spored\r\ncontent-length: {}\r\n\r\n", body.len());
    let answer = say(host, format!("{head}{body}").as_bytes(), false).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{method} {path}: {answer:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_ascii_lowercase(), body.to_owned())
}

/// Sends anything, says no more, and answers whatever comes back.
pub(crate) async fn garbage(host: &Host, bytes: &[u8]) -> String {
    say(host, bytes, true).await
}

async fn say(host: &Host, bytes: &[u8], and_no_more: bool) -> String {
    let mut stream = UnixStream::connect(host.path("control.sock")).await.unwrap();
    // The agent may close before it has heard everything.
    drop(stream.write_all(bytes).await);
    if and_no_more {
        drop(stream.shutdown().await);
    }
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    // A reset is an end, too.
    drop(read.expect("the agent keeps a connection open"));
    String::from_utf8_lossy(&answer).into_owned()
}

/// A hundred connections that say nothing, of the user 65534 where this process may become anybody; they stay as long as
/// the answer does. It says `here` when they are there.
pub(crate) fn crowd(socket: &Path) -> anyhow::Result<Process> {
    let code = "\
import os, signal, socket, sys
os.chmod(os.path.dirname(sys.argv[1]), 0o755)
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
held = [socket.socket(socket.AF_UNIX) for _ in range(100)]
for s in held:
    s.connect(sys.argv[1])
print('here', flush=True)
signal.pause()
";
    Program::new("python3").args(["-c", code]).arg(socket).start()
}

/// The statuses of a change and of a read; by the user 65534 where this process may become anybody.
pub(crate) async fn as_nobody(socket: &Path, become_nobody: bool) -> (u16, u16) {
    let code = "\
import os, socket, sys
folder = os.path.dirname(sys.argv[1])
if sys.argv[2] == 'true':
    os.chmod(folder, 0o755)
    os.setgid(65534)
    os.setuid(65534)
for line in (b'POST /reload', b'GET /status'):
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.sendall(line + b' HTTP/1.1\\r\\nhost: x\\r\\ncontent-length: 0\\r\\n\\r\\n')
    print(s.makefile('rb').read().split()[1].decode())
";
    let program = Program::new("python3").args(["-c", code]).arg(socket).arg(become_nobody.to_string());
    let output = program.run().await.unwrap();
    let mut statuses = output.stdout.split_whitespace().map(|status| status.parse().unwrap());
    let both = (statuses.next(), statuses.next());
    (both.0.unwrap_or_else(|| panic!("{}", output.stderr)), both.1.unwrap())
}
