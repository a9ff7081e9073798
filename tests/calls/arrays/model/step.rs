//! What may happen next.

use proptest::collection::vec;
use proptest::prelude::*;

pub(super) const AGENTS: usize = 4;
pub(super) const TASKS: u32 = 3;

/// One thing that happens.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// An agent receives a message about a task, its first, another copy, or a late one, and claims.
    Claim {
        agent: usize,
        index: u32,
        /// It takes the task for one that nobody has touched.
        fresh: bool,
        /// The agent dies before it learns what came of it.
        dies: bool,
    },
    /// An agent keeps what it believes to hold, as it knew it then.
    Renew { agent: usize, held: usize },
    /// An agent ends what it believes to hold.
    End {
        agent: usize,
        held: usize,
        how: How,
        /// It does not learn of the answer and will do it again.
        again: bool,
    },
    /// An agent is killed and another starts on its host.
    Crash { agent: usize },
    /// The same task kills one host after the other.
    Vanish { index: u32, times: u32 },
    /// Time passes, milliseconds.
    Wait(i64),
    /// A host's clock is off by this, milliseconds.
    Skew { agent: usize, by: i64 },
    /// The operator calls a task off, by what was read some writes ago.
    Cancel { index: u32, behind: usize },
    /// The operator asks for another round.
    Retry { index: u32, behind: usize },
    /// Somebody who found that the hosts vanish too often says so.
    GiveUp { index: u32 },
    /// The answer to the next write is lost on its way.
    LoseAnswer,
}

/// How an attempt ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum How {
    Succeeded,
    Failed,
    Cancelled,
    /// It failed, and the next attempt may begin in this many milliseconds.
    Again(i64),
    /// The host is taken back.
    Released,
}

pub(super) fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 1..=most)
}

fn step() -> impl Strategy<Value = Step> {
    let (agent, index, held) = (0..AGENTS, 0..TASKS, 0..3_usize);
    prop_oneof![
        12 => (agent.clone(), index.clone(), any::<bool>(), prop::bool::weighted(0.1))
            .prop_map(|(agent, index, fresh, dies)| Step::Claim { agent, index, fresh, dies }),
        6 => (agent.clone(), held.clone()).prop_map(|(agent, held)| Step::Renew { agent, held }),
        8 => (agent.clone(), held, how(), prop::bool::weighted(0.2))
            .prop_map(|(agent, held, how, again)| Step::End { agent, held, how, again }),
        2 => agent.clone().prop_map(|agent| Step::Crash { agent }),
        1 => (index.clone(), 1..=6_u32).prop_map(|(index, times)| Step::Vanish { index, times }),
        6 => prop_oneof![1..2_000_i64, 20_000..70_000_i64].prop_map(Step::Wait),
        1 => (agent, -90_000..90_000_i64).prop_map(|(agent, by)| Step::Skew { agent, by }),
        2 => (index.clone(), 0..3_usize).prop_map(|(index, behind)| Step::Cancel { index, behind }),
        2 => (index.clone(), 0..3_usize).prop_map(|(index, behind)| Step::Retry { index, behind }),
        1 => index.prop_map(|index| Step::GiveUp { index }),
        2 => Just(Step::LoseAnswer),
    ]
}

fn how() -> impl Strategy<Value = How> {
    prop_oneof![
        Just(How::Succeeded),
        Just(How::Failed),
        Just(How::Cancelled),
        (0..30_000_i64).prop_map(How::Again),
        Just(How::Released),
    ]
}
