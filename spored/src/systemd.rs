//! Tells systemd, where it started the agent, how the agent is doing.

use sd_notify::NotifyState;
use spawn_host::World;
use std::convert::Infallible;
use std::time::Duration;

/// The service manager. Without one, everything here does nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Systemd {
    listens: bool,
    /// How often it wants a sign of life.
    watchdog: Option<Duration>,
}

impl Systemd {
    /// As the environment says; the variables that it sets are read again by the crate that speaks to it.
    pub(crate) fn of(world: &World) -> Self {
        let listens = world.variable("NOTIFY_SOCKET").is_some();
        Self { listens, watchdog: sd_notify::watchdog_enabled().filter(|_| listens) }
    }

    pub(crate) fn ready(self) {
        self.tell(&[NotifyState::Ready]);
    }

    /// The agent reads its settings again; [`Systemd::ready`] says that it has.
    pub(crate) fn reloading(self) {
        let now = NotifyState::monotonic_usec_now().ok();
        let states: Vec<_> = std::iter::once(NotifyState::Reloading).chain(now).collect();
        self.tell(&states);
    }

    /// One line for `systemctl status`.
    pub(crate) fn status(self, text: &str) {
        self.tell(&[NotifyState::Status(&text.replace('\n', " "))]);
    }

    pub(crate) fn stopping(self) {
        self.tell(&[NotifyState::Stopping]);
    }

    /// Gives signs of life for as long as the runtime turns.
    pub(crate) async fn watchdog(self) -> Infallible {
        let Some(period) = self.watchdog else { return std::future::pending().await };
        // Half the time, as systemd's own documentation advises.
        let mut timer = tokio::time::interval((period / 2).max(Duration::from_millis(1)));
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            timer.tick().await;
            self.tell(&[NotifyState::Watchdog]);
        }
    }

    fn tell(self, states: &[NotifyState<'_>]) {
        if !self.listens {
            return;
        }
        if let Err(error) = sd_notify::notify(states) {
            tracing::debug!(%error, "systemd did not take the notice");
        }
    }
}
