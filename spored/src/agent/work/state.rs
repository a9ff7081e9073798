//! What the work tells the status, and what others tell the work.

use serde::Serialize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// The state of the work; one in an agent, shared by its duties and the control socket.
#[derive(Debug, Default)]
pub(crate) struct WorkState {
    report: Mutex<WorkReport>,
    orders: watch::Sender<Orders>,
    load: watch::Sender<Load>,
}

/// What is to be brought in order before the agent may go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Load {
    /// Tasks under way.
    tasks: u32,
    /// Whether the agent is on the array's roll.
    enrolled: bool,
}

/// What is asked of the work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Orders {
    /// To go on.
    #[default]
    Work,
    /// To finish what runs and to take nothing new.
    NothingNew,
    /// To end what runs and to leave it to other hosts, for this reason.
    GiveBack(&'static str),
}

/// The part of the status that tells which job array the host works for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct WorkReport {
    /// Id of the array; absent where the host works for none.
    pub(crate) array: Option<String>,
    /// `looking` for the array, `working`, `draining` (nothing new is taken), `ended`.
    pub(crate) state: &'static str,
    /// Tasks that are worked on at once.
    pub(crate) slots: u16,
    /// Tasks under way.
    pub(crate) running: Vec<RunningTask>,
    /// Attempts that this agent has made, by how they ended.
    pub(crate) made: Made,
    /// What is wrong.
    pub(crate) problem: Option<String>,
}

/// A task under way on this host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct RunningTask {
    pub(crate) index: u32,
    pub(crate) attempt: u32,
    /// Since when, RFC 3339.
    pub(crate) since: String,
}

/// Attempts by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Made {
    pub(crate) succeeded: u32,
    pub(crate) failed: u32,
    pub(crate) cancelled: u32,
    /// Given back, or lost to another host.
    pub(crate) released: u32,
}

impl WorkState {
    /// Asks for less than before; an order that asks for more is not taken.
    pub(crate) fn order(&self, orders: Orders) {
        self.orders.send_if_modified(|now| {
            let less = orders > *now;
            if less {
                *now = orders;
            }
            less
        });
    }

    /// The host has begun another life: it may work again.
    pub(crate) fn resume(&self) {
        self.orders.send_replace(Orders::Work);
    }

    /// Has what runs given back, and waits for that, at most for `within`.
    pub(crate) async fn give_back(&self, why: &'static str, within: Duration) {
        self.order(Orders::GiveBack(why));
        let mut load = self.load.subscribe();
        if *load.borrow() == Load::default() {
            return;
        }
        tracing::info!(tasks = load.borrow().tasks, why, "the work for the job array is given back");
        // The sender is this value itself, which outlives the borrow.
        let none_left = tokio::time::timeout(within, load.wait_for(|load| *load == Load::default())).await.is_ok();
        if !none_left {
            tracing::warn!("tasks under way could not be given back in time; their leases run out by themselves");
        }
    }

    /// Tells of every order.
    pub(super) fn orders(&self) -> watch::Receiver<Orders> {
        self.orders.subscribe()
    }

    /// Number of tasks under way.
    pub(crate) fn running(&self) -> u32 {
        self.load.borrow().tasks
    }

    pub(super) fn count_running(&self, running: usize) {
        self.load.send_modify(|load| load.tasks = u32::try_from(running).unwrap_or(u32::MAX));
    }

    pub(super) fn enrol(&self, enrolled: bool) {
        self.load.send_modify(|load| load.enrolled = enrolled);
    }

    pub(super) fn is_enrolled(&self) -> bool {
        self.load.borrow().enrolled
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut WorkReport) -> T) -> T {
        change(&mut self.lock())
    }

    /// Notes what is wrong; true if that was not known yet.
    pub(super) fn problem(&self, problem: Option<String>) -> bool {
        let mut report = self.lock();
        let new = report.problem != problem;
        report.problem = problem;
        new
    }

    pub(crate) fn report(&self) -> WorkReport {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, WorkReport> {
        // Every write leaves the report whole.
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn orders_only_ask_for_less_until_the_host_resumes() {
        let state = WorkState::default();
        let orders = state.orders();
        state.order(Orders::GiveBack("a test"));
        state.order(Orders::NothingNew);
        assert_eq!(*orders.borrow(), Orders::GiveBack("a test"));
        state.resume();
        assert_eq!(*orders.borrow(), Orders::Work);
    }

    #[tokio::test]
    async fn giving_back_waits_for_the_last_task_and_for_the_roll() {
        let state = WorkState::default();
        state.count_running(1);
        state.enrol(true);
        let mut given_back = std::pin::pin!(state.give_back("a test", Duration::from_secs(60)));
        for step in [|state: &WorkState| state.count_running(0), |state: &WorkState| state.enrol(false)] {
            let waits = std::future::poll_fn(|cx| std::task::Poll::Ready(given_back.as_mut().poll(cx).is_pending()));
            assert!(waits.await);
            step(&state);
        }
        given_back.await;
    }
}
