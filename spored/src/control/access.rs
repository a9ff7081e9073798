//! Who may do what on the control socket: the kernel says who is at the other end.

use super::answer::Refusal;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The user at the other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Peer {
    /// As the kernel noted it when the connection was made.
    pub(super) uid: u32,
    /// The agent's own.
    pub(super) own_uid: u32,
}

impl Peer {
    /// Root, and the user that the agent runs as.
    pub(super) const fn may_change(self) -> bool {
        self.uid == 0 || self.uid == self.own_uid
    }
}

/// Refuses what changes something to those who may only read.
pub(super) async fn guard(peer: Peer, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if reads || peer.may_change() {
        return next.run(request).await;
    }
    let message = format!("user {} may only read: run the command as root (sudo)", peer.uid);
    Refusal::new(StatusCode::FORBIDDEN, message).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_and_the_agents_own_user_may_change_things_and_nobody_else() {
        let may = |uid, own_uid| Peer { uid, own_uid }.may_change();
        assert_eq!(
            [may(0, 990), may(990, 990), may(1000, 990), may(1000, 0), may(0, 0)],
            [true, true, false, false, true]
        );
    }
}
