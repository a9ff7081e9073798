//! Sends what the back end refuses as a whole in halves, until it is clear which spans it refuses.

use std::ops::Range;

use super::{Fate, Outcome, Trouble};
use crate::counters::DropReason;

/// What became of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// The back end has answered, and this became of the spans in the request; those without a fate were taken.
    Answered(Outcome),
    /// It refuses the request, and would refuse it again.
    Refused {
        /// How such a span is counted.
        reason: DropReason,
        /// Why.
        refusal: String,
    },
    /// It refuses the request, and is not to be asked again, not even with a part of it.
    Lost {
        /// How the spans are counted.
        reason: DropReason,
        /// Why.
        refusal: String,
    },
    /// It could not be reached, or cannot take anything now.
    Failed(Trouble),
}

/// Most requests at a time. A back end that refuses everything would get one for each span, and the exporter's time would
/// be over before anything is booked.
const MOST_REQUESTS: usize = 64;

/// Sends the spans of these ranges one range after the other. After a failure, or after [`MOST_REQUESTS`], nothing more is
/// sent: what is left is to be tried again.
pub(super) async fn in_halves(
    spans: usize,
    ranges: impl DoubleEndedIterator<Item = Range<usize>>,
    mut send: impl AsyncFnMut(Range<usize>) -> Sent,
) -> Outcome {
    let mut outcome = Outcome { fates: vec![Fate::Again; spans], ..Outcome::default() };
    let mut waiting: Vec<_> = ranges.rev().collect();
    for _ in 0..MOST_REQUESTS {
        let Some(range) = waiting.pop() else { break };
        match send(range.clone()).await {
            Sent::Answered(answer) => {
                for (place, fate) in outcome.fates[range].iter_mut().enumerate() {
                    *fate = answer.fates.get(place).copied().unwrap_or(Fate::Delivered);
                }
                outcome.refusal = answer.refusal.or(outcome.refusal);
                outcome.trouble = answer.trouble.or(outcome.trouble);
            }
            Sent::Lost { reason, refusal } => {
                outcome.fates[range].fill(Fate::Refused(reason));
                outcome.refusal = Some(refusal);
            }
            Sent::Refused { reason, refusal } if range.len() <= 1 => {
                outcome.fates[range].fill(Fate::Refused(reason));
                outcome.refusal = Some(refusal);
            }
            Sent::Refused { .. } => {
                let middle = range.start + range.len() / 2;
                waiting.push(middle..range.end);
                waiting.push(range.start..middle);
            }
            Sent::Failed(trouble) => {
                outcome.trouble = Some(trouble);
                break;
            }
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use std::iter::once;

    use super::*;

    #[tokio::test]
    async fn one_bad_span_costs_itself_alone() {
        let mut requests = Vec::new();
        let outcome = in_halves(5, once(0..5), async |range: Range<usize>| {
            requests.push(range.clone());
            if range.contains(&3) {
                return Sent::Refused { reason: DropReason::Rejected, refusal: "bad".to_owned() };
            }
            Sent::Answered(Outcome::default())
        })
        .await;
        let mut fates = vec![Fate::Delivered; 5];
        fates[3] = Fate::Refused(DropReason::Rejected);
        assert_eq!(outcome, Outcome { fates, trouble: None, refusal: Some("bad".to_owned()) });
        assert_eq!(requests, [0..5, 0..2, 2..5, 2..3, 3..5, 3..4, 4..5]);
    }

    #[tokio::test]
    async fn a_back_end_that_refuses_everything_is_not_flooded_and_what_it_refused_is_known() {
        let mut requests = 0;
        let outcome = in_halves(500, once(0..500), async |_| {
            requests += 1;
            Sent::Refused { reason: DropReason::Rejected, refusal: "bad".to_owned() }
        })
        .await;
        let refused = outcome.fates.iter().filter(|fate| **fate == Fate::Refused(DropReason::Rejected)).count();
        assert_eq!(requests, MOST_REQUESTS);
        assert!(refused > 20 && outcome.fates[refused..].iter().all(|fate| *fate == Fate::Again), "{refused}");
    }

    #[tokio::test]
    async fn what_is_lost_is_lost_at_once() {
        let mut requests = 0;
        let outcome = in_halves(4, once(0..4), async |_| {
            requests += 1;
            Sent::Lost { reason: DropReason::Rejected, refusal: "no".to_owned() }
        })
        .await;
        let fates = vec![Fate::Refused(DropReason::Rejected); 4];
        assert_eq!((requests, outcome), (1, Outcome { fates, trouble: None, refusal: Some("no".to_owned()) }));
    }

    #[tokio::test]
    async fn after_a_failure_the_rest_is_to_be_tried_again() {
        let trouble = Trouble { lasting: false, after: None, what: "away".to_owned(), remedy: "wait".to_owned() };
        let outcome =
            in_halves(3, (0..3).map(|place| place..place + 1), async |range: Range<usize>| match range.start {
                0 => Sent::Answered(Outcome::default()),
                1 => Sent::Failed(trouble.clone()),
                _ => panic!("nothing is sent after a failure"),
            })
            .await;
        let fates = vec![Fate::Delivered, Fate::Again, Fate::Again];
        assert_eq!(outcome, Outcome { fates, trouble: Some(trouble), refusal: None });
    }
}
