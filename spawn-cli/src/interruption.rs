//! What ends a command before it is done: Ctrl-C, SIGTERM and SIGHUP, all in the same good order.

use spawn_host::World;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that a command listens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interruption {
    hangup: bool,
}

impl Interruption {
    /// Those of this process: a terminal that goes away does not end what is to outlive it.
    pub(crate) fn of(world: &World) -> Self {
        Self { hangup: !ignores_hangup(world) }
    }

    /// Waits for the first of them. One that cannot be listened to ends the command as it always did.
    pub(crate) async fn heard(self) {
        let hangup = self.hangup.then(|| signal(SignalKind::hangup()).ok()).flatten();
        let signals = [signal(SignalKind::interrupt()).ok(), signal(SignalKind::terminate()).ok(), hangup];
        let [interrupt, terminate, hangup] = signals.map(heard);
        tokio::select! {
            () = interrupt => {}
            () = terminate => {}
            () = hangup => {}
        }
    }
}

async fn heard(signal: Option<Signal>) {
    if let Some(mut signal) = signal
        && signal.recv().await.is_some()
    {
        return;
    }
    std::future::pending().await
}

/// Whether whoever started the command wants it to outlive the terminal, as `nohup` does.
fn ignores_hangup(world: &World) -> bool {
    let status = std::fs::read_to_string(world.root.join("proc/self/status")).unwrap_or_default();
    let ignored = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    // SIGHUP is the first signal, and the lowest bit.
    ignored.is_some_and(|ignored| ignored & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_hangup_is_left_alone_where_it_is_ignored() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("proc/self")).unwrap();
        let ignores = |status: &str| {
            std::fs::write(root.path().join("proc/self/status"), status).unwrap();
            ignores_hangup(&World { environment: BTreeMap::new(), root: root.path().to_owned() })
        };
        let statuses = [
            "SigIgn:\t0000000000000001\n",
            "Name:\tspawn\nSigIgn:\t0000000000001001\n",
            "SigIgn:\t0000000000001000\n",
            "",
        ];
        assert_eq!(statuses.map(ignores), [true, true, false, false]);
    }
}
