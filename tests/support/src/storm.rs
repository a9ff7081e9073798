//! Agents that are killed again and again while they make spans, and the question whether any span is lost.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tokio::task::JoinSet;

mod agent;
mod back_end;

use agent::Agent;
use back_end::BackEnd;

/// Segments in one request to X-Ray: what may be sent twice for each time that an agent is killed.
const BATCH: usize = 50;

/// What to do to how many agents.
#[derive(Clone, Debug)]
pub struct Storm {
    /// The program.
    pub agent: PathBuf,
    /// How many of them, each on a host of its own.
    pub agents: usize,
    /// How long they are killed again and again. Then each lives until nothing waits.
    pub length: Duration,
    /// Decides when they are killed and what the back end refuses.
    pub seed: u64,
}

/// What became of the spans.
#[derive(Debug, Default)]
pub struct Account {
    /// Lives of agents: how often one was killed, and the last one of each.
    pub lives: u64,
    /// Requests that an agent answered, each of which makes a span of a trace of its own.
    pub made: u64,
    /// Traces of such requests that the back end has not got.
    pub missing: Vec<String>,
    /// Segments that the back end took twice or more often.
    pub twice: usize,
    /// Segments that the back end took, each counted once.
    pub taken: usize,
    /// Requests that the back end refused or broke off.
    pub refused: u64,
    /// Of all lives of all agents: spans by what became of them, as the agents' own accounts say.
    pub ledger: BTreeMap<String, u64>,
    /// Spans that were on disk, of all lives of all agents, as the spools' accounts say; all of them were delivered.
    pub spooled: u64,
    /// Agents whose account did not hold: that of the last life, or that of the spool over all lives.
    pub unbalanced: Vec<String>,
}

impl Storm {
    /// Runs the storm and asks the back end and the agents what they have.
    ///
    /// # Errors
    /// When an agent cannot be started, or does not come to rest after the storm; the error shows what it said.
    pub async fn run(self) -> Result<Account> {
        let Self { agent, agents, length, seed } = self;
        let back_end = BackEnd::start(seed)?;
        let end = Instant::now() + length;
        let mut lives = JoinSet::new();
        for number in 0..agents {
            let agent = Agent::new(&agent, number, &back_end.url(), seed)?;
            lives.spawn(agent.live_until(end));
        }
        let mut account = Account::default();
        let mut made = Vec::new();
        while let Some(lived) = lives.join_next().await {
            let lived = lived??;
            account.lives += lived.lives;
            account.unbalanced.extend(lived.unbalanced);
            account.spooled += lived.spooled.created;
            for (what, spans) in lived.ledger {
                *account.ledger.entry(what).or_default() += spans;
            }
            made.extend(lived.made);
        }
        let taken = back_end.taken();
        account.made = made.len() as u64;
        account.missing = made.into_iter().filter(|trace| !taken.traces.contains(trace)).collect();
        account.twice = taken.documents.values().filter(|times| **times > 1).count();
        account.taken = taken.documents.len();
        account.refused = taken.refused;
        Ok(account)
    }
}

impl Account {
    /// Whether nothing was lost, little was sent twice, and all agents' accounts hold.
    ///
    /// # Errors
    /// When that is not so; the error says what is wrong.
    pub fn check(&self) -> Result<()> {
        if !self.missing.is_empty() {
            let some = self.missing.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
            bail!("{} of {} spans are lost, traces {some}: {self}", self.missing.len(), self.made);
        }
        // Those of the first moments of a life, before its settings are known, are in memory alone.
        if self.spooled > self.taken as u64 {
            bail!("{} spans were on disk and delivered, and {} arrived: {self}", self.spooled, self.taken);
        }
        // What was on its way when a process was killed; and the answers that the back end itself has lost.
        let most = BATCH * (usize::try_from(self.lives)? + usize::try_from(self.refused)?);
        if self.twice > most {
            bail!("{} segments came twice, more than {most}: {self}", self.twice);
        }
        if !self.unbalanced.is_empty() {
            bail!("accounts that do not hold: {}: {self}", self.unbalanced.join("; "));
        }
        Ok(())
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lives, made, missing, twice, taken, refused, ledger, spooled, unbalanced: _ } = self;
        write!(
            f,
            "{lives} lives, {made} requests, {} of their spans lost, {taken} segments taken, {twice} of them twice, \
             {refused} requests to the back end refused or broken off; {spooled} spans were on disk, and all of them are \
             accounted for as delivered; by the last lives' own account: {ledger:?}",
            missing.len()
        )
    }
}
