//! Agents, an operator, a table, and what must hold at every moment.

use super::memory::{Answer, Memory, Operation, unmarked};
use super::step::{AGENTS, How, Step, TASKS};
use crate::arrays::{LAUNCHED, LEASE, Room, array, attempt, ending};
use spawn_cloud::arrays::{ArrayRecord, Ending, Refusal, SHARDS, Task, TaskState};
use spawn_test_support::fault_proxy::{Action, Rule};
use std::collections::BTreeSet;

/// Something that an interleaving can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Seen {
    Claimed,
    Lost,
    GivenUp,
    Leased,
    TooEarly,
    LateResult,
    Ended,
    Retried,
    Cancelled,
    CancelledWhileRunning,
    Renewed,
    RenewedOverdue,
    AnotherAttempt,
}

/// An agent's own view.
#[derive(Default)]
struct Agent {
    /// How often it was started.
    starts: u32,
    /// What it believes to hold.
    held: Vec<Task>,
    skew: i64,
}

pub(super) struct Scene<'a> {
    memory: Memory,
    real: Option<(&'a Room, ArrayRecord)>,
    agents: Vec<Agent>,
    now: i64,
    /// How often the operator has asked for each task.
    rounds: [u32; TASKS as usize],
    /// Tasks that have ended, by round.
    results: BTreeSet<(u32, u32)>,
    /// Attempts whose end somebody has seen.
    closed: BTreeSet<(u32, u32)>,
    seen: BTreeSet<Seen>,
}

impl<'a> Scene<'a> {
    pub(super) fn in_memory() -> Self {
        Self {
            memory: Memory::new(TASKS),
            real: None,
            agents: (0..AGENTS).map(|_| Agent::default()).collect(),
            now: LAUNCHED,
            rounds: [0; TASKS as usize],
            results: BTreeSet::new(),
            closed: BTreeSet::new(),
            seen: BTreeSet::new(),
        }
    }

    pub(super) async fn at(room: &'a Room) -> Self {
        let array = array(TASKS);
        room.store.create(&array, &[], |_| ()).await.unwrap();
        Self { real: Some((room, array)), ..Self::in_memory() }
    }

    pub(super) fn seen(self) -> BTreeSet<Seen> {
        self.seen
    }

    pub(super) async fn take(&mut self, step: &Step) {
        match *step {
            Step::Claim { agent, index, fresh, dies } => {
                let claimed = self.claim(agent, index, fresh).await;
                if dies {
                    self.crash(agent);
                } else if let Ok((_, task)) = claimed {
                    self.agents[agent].held.push(task);
                }
            }
            Step::Renew { agent, held } => {
                let Some((place, task)) = self.held(agent, held) else { return };
                let now = self.time(agent);
                if let Ok((_, task)) = self.ask(Operation::Renew { held: task, now }).await {
                    self.agents[agent].held[place] = task;
                }
            }
            Step::End { agent, held, how, again } => {
                let Some((place, task)) = self.held(agent, held) else { return };
                let now = self.time(agent);
                let ended = self.ask(Operation::End { held: task, now, ending: how.ending(now) }).await;
                if ended.is_err() || !again {
                    self.agents[agent].held.remove(place);
                }
            }
            Step::Crash { agent } => self.crash(agent),
            Step::Vanish { index, times } => {
                for _ in 0..times {
                    let _claimed = self.claim(0, index, false).await;
                    self.crash(0);
                    self.now += 2 * millis(LEASE);
                }
            }
            Step::Wait(time) => self.now += time,
            Step::Skew { agent, by } => self.agents[agent].skew = by,
            Step::Cancel { index, behind } => {
                let known = self.memory.task(index, behind).clone();
                let _answer = self.ask(Operation::Cancel { known, now: self.now }).await;
            }
            Step::Retry { index, behind } => {
                let known = self.memory.task(index, behind).clone();
                let _answer = self.ask(Operation::Retry { known }).await;
            }
            Step::GiveUp { index } => {
                let _answer = self.ask(Operation::GiveUp { index, now: self.now }).await;
            }
            Step::LoseAnswer => {
                if let Some((room, _)) = &self.real {
                    let lost = |call| Rule::new(Action::TakeAndReset).target(call).once();
                    room.proxy.script([lost("PutItem"), lost("TransactWriteItems")]);
                }
            }
        }
    }

    /// All faults have stopped, and one agent looks through the table: everything ends.
    pub(super) async fn end(&mut self) {
        self.now += 60 * millis(LEASE);
        self.agents[0] = Agent { starts: 1_000, ..Agent::default() };
        for index in 0..TASKS {
            match self.claim(0, index, false).await {
                Ok((_, task)) => {
                    let how = if task.cancel { How::Cancelled } else { How::Succeeded };
                    let ending = how.ending(self.now);
                    self.ask(Operation::End { held: task, now: self.now, ending }).await.unwrap();
                }
                Err(Refusal::LostTooOften(_)) => {
                    self.ask(Operation::GiveUp { index, now: self.now }).await.unwrap();
                }
                Err(refusal) => assert!(matches!(refusal, Refusal::Ended(_)), "{refusal}"),
            }
        }
        let tasks = self.memory.tasks();
        for task in &tasks {
            assert!(task.state.has_ended(), "{task:?}");
            let all: BTreeSet<_> = (1..=task.attempt).map(|attempt| (task.index, attempt)).collect();
            let closed: BTreeSet<_> = self.closed.iter().copied().filter(|(index, _)| *index == task.index).collect();
            assert_eq!(closed, all, "each attempt has one end");
        }
        self.compare(&tasks).await;
    }

    async fn compare(&self, tasks: &[Task]) {
        let Some((room, array)) = &self.real else { return };
        let mut found = Vec::new();
        for shard in 0..SHARDS.min(TASKS) {
            found.extend(room.store.shard(&array.id, shard).await.unwrap().tasks.into_iter().map(unmarked));
        }
        assert_eq!(found, tasks);
        assert_eq!(room.store.counts(&array.id).await.unwrap(), self.memory.counts);
    }

    async fn claim(&mut self, agent: usize, index: u32, fresh: bool) -> Answer {
        let by = attempt(&format!("i-{agent}/{:08x}", self.agents[agent].starts));
        self.ask(Operation::Claim { index, by, now: self.time(agent), fresh }).await
    }

    fn crash(&mut self, agent: usize) {
        let Agent { starts, skew, .. } = self.agents[agent];
        self.agents[agent] = Agent { starts: starts + 1, held: Vec::new(), skew };
    }

    fn held(&self, agent: usize, held: usize) -> Option<(usize, Task)> {
        let all = &self.agents[agent].held;
        let place = held.checked_rem(all.len())?;
        Some((place, all[place].clone()))
    }

    fn time(&self, agent: usize) -> i64 {
        self.now + self.agents[agent].skew
    }

    /// Does it in memory and at the real store, which must answer alike, and looks whether all is as it must be.
    async fn ask(&mut self, operation: Operation) -> Answer {
        let answer = self.memory.apply(&operation);
        if let Some((room, array)) = &self.real {
            let real = operation.at(&room.store, array).await;
            let comparable = match (&answer, &real) {
                (Ok((_, after)), Ok((None, _))) => Ok((None, after.clone())),
                _ => answer.clone(),
            };
            assert_eq!(real, comparable, "{operation:?}");
        }
        match &answer {
            Ok((before, after)) => self.made(&operation, before.as_ref().unwrap(), after),
            Err(refusal) => self.refused(&operation, refusal),
        }
        let tally = |state| self.memory.tasks().iter().filter(|task| task.state == state).count();
        for state in TaskState::ALL.into_iter().filter(|state| state.has_ended()) {
            assert_eq!(self.memory.counts.of(state) as usize, tally(state), "{state} after {operation:?}");
        }
        answer
    }

    fn made(&mut self, operation: &Operation, before: &Task, after: &Task) {
        assert_eq!(after.version, before.version + 1);
        let was_running = before.state == TaskState::Running;
        match operation {
            Operation::Claim { now, by, .. } => {
                assert_eq!((after.attempt, after.owner.as_ref()), (before.attempt + 1, Some(&by.owner)));
                self.seen.insert(Seen::Claimed);
                if was_running {
                    assert!(before.lease_until.unwrap() < *now, "a lease that counts is kept");
                    self.close(before, Seen::Lost);
                }
            }
            Operation::Renew { held, now } => {
                assert_eq!((&after.owner, after.attempt), (&held.owner, held.attempt));
                let overdue = before.lease_until.unwrap() < *now;
                self.seen.insert(if overdue { Seen::RenewedOverdue } else { Seen::Renewed });
            }
            Operation::End { held, .. } => {
                let whose = (before.state, &before.owner, before.attempt);
                assert_eq!(
                    whose,
                    (TaskState::Running, &held.owner, held.attempt),
                    "only the claim's own result counts"
                );
                assert!(!before.cancel || after.state.has_ended(), "what was called off has no other attempt");
                let seen = if after.state == TaskState::Pending { Seen::AnotherAttempt } else { Seen::Ended };
                self.close(before, seen);
            }
            Operation::GiveUp { .. } => {
                self.seen.insert(Seen::GivenUp);
                if was_running {
                    self.close(before, Seen::Lost);
                }
            }
            Operation::Cancel { .. } if after.state == TaskState::Cancelled => {
                self.seen.insert(Seen::Cancelled);
                if was_running {
                    self.close(before, Seen::Lost);
                }
            }
            Operation::Cancel { .. } => {
                assert!(after.cancel);
                self.seen.insert(Seen::CancelledWhileRunning);
            }
            Operation::Retry { .. } => {
                self.rounds[after.index as usize] += 1;
                self.seen.insert(Seen::Retried);
            }
        }
        if after.state.has_ended() {
            assert!(!before.state.has_ended(), "{operation:?} changed a result");
            let round = self.rounds[after.index as usize];
            assert!(self.results.insert((after.index, round)), "{operation:?} is a second result");
        }
    }

    fn close(&mut self, attempt: &Task, how: Seen) {
        self.seen.insert(how);
        assert!(self.closed.insert((attempt.index, attempt.attempt)), "attempt {} has two ends", attempt.attempt);
    }

    fn refused(&mut self, operation: &Operation, refusal: &Refusal) {
        let seen = match (operation, refusal) {
            (Operation::End { .. }, Refusal::NotOwner) => Seen::LateResult,
            (Operation::Claim { .. }, Refusal::Leased(_)) => Seen::Leased,
            (Operation::Claim { .. }, Refusal::TooEarly(_)) => Seen::TooEarly,
            _ => return,
        };
        self.seen.insert(seen);
    }
}

impl How {
    fn ending(self, now: i64) -> Ending {
        match self {
            Self::Succeeded => Ending { exit_code: Some(0), ..ending(TaskState::Succeeded) },
            Self::Failed => Ending { exit_code: Some(3), counts: true, ..ending(TaskState::Failed) },
            Self::Cancelled => ending(TaskState::Cancelled),
            Self::Again(after) => Ending { not_before: Some(now + after), counts: true, ..ending(TaskState::Pending) },
            Self::Released => ending(TaskState::Pending),
        }
    }
}

fn millis(time: std::time::Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap()
}
