//! What became of a batch, and what went wrong with it.

use std::time::Instant;

use jiff::Timestamp;
use opentelemetry_sdk::trace::SpanData;
use spawn_delivery::spool;

use super::super::notice::Notice;
use super::super::store::Batch;
use super::State;
use crate::counters::DropReason;
use crate::export::{Fate, Outcome, Remarks, Trouble};
use crate::health::{self, Problem};

impl State {
    /// Books the outcome of an export, and says whether all of the batch is done with. What is, is to be dropped where nobody
    /// waits for the state.
    pub(in crate::pipeline) fn settle(&mut self, batch: Batch, outcome: Outcome) -> (bool, Vec<SpanData>) {
        let Outcome { fates, trouble, refusal, refusals } = outcome;
        // A fate that the exporter did not tell is a span that was not delivered.
        let fate = |place: usize| fates.get(place).copied().unwrap_or(Fate::Again);
        self.journal.settled(&batch.spans, fate, &refusals);
        let mut again = false;
        let unreadable = batch.unreadable();
        self.count_dropped(DropReason::Corrupt, unreadable);
        for place in 0..batch.spans.len() {
            match fate(place) {
                Fate::Delivered => self.exported += 1,
                Fate::Refused(reason) => self.count_dropped(reason, 1),
                Fate::Again => again = true,
            }
        }
        let entered = |place| match fate(place) {
            Fate::Delivered => Some(spool::Fate::DELIVERED),
            Fate::Refused(reason) => Some(reason.fate()),
            Fate::Again => None,
        };
        let done = self.store.settle(batch, entered, Instant::now());
        if let Some(reason) = refusal.filter(|reason| self.last_refusal.as_ref() != Some(reason)) {
            self.notices.push(Notice::Refused { reason: reason.clone() });
            self.last_refusal = Some(reason);
        }
        match trouble {
            Some(trouble) => self.fail(trouble),
            None if again => {}
            None => self.recover(),
        }
        (!again, done)
    }

    /// Counts what an exporter had to remark.
    pub(in crate::pipeline) fn remark(&mut self, remarks: Remarks) {
        self.remarks.cut += remarks.cut;
        self.remarks.split += remarks.split;
        self.remarks.set_aside += remarks.set_aside;
        self.remarks.letters_evicted += remarks.letters_evicted;
        if let Some(clock) = remarks.skew.and_then(health::clock)
            && self.clock.as_ref() != Some(&clock)
        {
            self.notices.push(Notice::Clock { what: clock.clone() });
            self.clock = Some(clock);
        }
    }

    /// Notes a failure, and that it is to be logged if it is another one than before.
    pub(in crate::pipeline) fn fail(&mut self, trouble: Trouble) {
        let Trouble { lasting, after: _, what, remedy } = trouble;
        self.refusals += u64::from(lasting);
        match &mut self.problem {
            Some(problem) if problem.what == what => problem.count += 1,
            _ => {
                self.notices.push(Notice::Failing { problem: what.clone(), remedy: remedy.clone() });
                self.problem = Some(Problem { what, remedy, since: Timestamp::now(), count: 1 });
            }
        }
    }

    fn recover(&mut self) {
        if let Some(problem) = self.problem.take() {
            self.notices.push(Notice::Recovered { problem: problem.what });
        }
    }
}
