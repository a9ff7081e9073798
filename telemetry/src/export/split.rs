//! Sends what the back end refuses as a whole in halves, until it is clear which spans it refuses.

use std::ops::Range;

use super::{Fate, Outcome, Refusal, Trouble};

/// What became of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// The back end has answered, and this became of the spans in the request; those without a fate were taken.
    Answered(Outcome),
    /// It has answered, and refuses some of the spans at these places of the request without saying which.
    Some {
        /// What became of the others.
        answer: Outcome,
        /// Where to look.
        among: Vec<usize>,
        /// Why.
        refusal: Refusal,
    },
    /// It refuses the request, and would refuse it again.
    Refused(Refusal),
    /// It refuses the request, and is not to be asked again, not even with a part of it.
    Lost(Refusal),
    /// It could not be reached, or cannot take anything now.
    Failed(Trouble),
}

/// Most requests at a time. A back end that refuses everything would get one for each span, and the exporter's time would
/// be over before anything is booked.
const MOST_REQUESTS: usize = 64;

/// Sends the spans of these ranges one range after the other; a request is a list of places. After a failure, or after
/// [`MOST_REQUESTS`], nothing more is sent: what is left is to be tried again.
pub(super) async fn in_halves(
    spans: usize,
    ranges: impl DoubleEndedIterator<Item = Range<usize>>,
    mut send: impl AsyncFnMut(&[usize]) -> Sent,
) -> Outcome {
    let mut outcome = Outcome { fates: vec![Fate::Again; spans], ..Outcome::default() };
    let mut waiting: Vec<Vec<usize>> = ranges.rev().map(Iterator::collect).collect();
    for _ in 0..MOST_REQUESTS {
        let Some(places) = waiting.pop() else { break };
        match send(&places).await {
            Sent::Answered(answer) => book(&mut outcome, &places, answer),
            Sent::Some { answer, among, refusal } => {
                book(&mut outcome, &places, answer);
                let among: Vec<usize> = among.into_iter().map(|place| places[place]).collect();
                narrow(&mut outcome, &mut waiting, among, refusal);
            }
            Sent::Lost(refusal) => places.iter().for_each(|place| outcome.refuse(*place, refusal.clone())),
            Sent::Refused(refusal) => narrow(&mut outcome, &mut waiting, places, refusal),
            Sent::Failed(trouble) => {
                outcome.trouble = Some(trouble);
                break;
            }
        }
    }
    outcome
}

/// Books the answer to a request with these places.
pub(super) fn book(outcome: &mut Outcome, places: &[usize], answer: Outcome) {
    for (at, place) in places.iter().enumerate() {
        outcome.fates[*place] = answer.fates.get(at).copied().unwrap_or(Fate::Delivered);
    }
    outcome.refusals.extend(answer.refusals.into_iter().map(|(at, refusal)| (places[at], refusal)));
    outcome.refusal = answer.refusal.or(outcome.refusal.take());
    outcome.trouble = answer.trouble.or(outcome.trouble.take());
}

/// Puts the halves in front of what waits; one span alone is the one that is refused.
fn narrow(outcome: &mut Outcome, waiting: &mut Vec<Vec<usize>>, mut places: Vec<usize>, refusal: Refusal) {
    match places[..] {
        [] => {}
        [place] => outcome.refuse(place, refusal),
        _ => {
            places.iter().for_each(|place| outcome.fates[*place] = Fate::Again);
            waiting.push(places.split_off(places.len() / 2));
            waiting.push(places);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::iter::once;

    use super::*;
    use crate::counters::DropReason;

    fn refusal() -> Refusal {
        Refusal { reason: DropReason::Rejected, code: "400".to_owned(), what: "bad".to_owned() }
    }

    /// The outcome for so many spans of which those at these places were refused.
    fn refusing(spans: usize, places: &[usize]) -> Outcome {
        let mut outcome = Outcome::delivered(spans);
        places.iter().for_each(|place| outcome.refuse(*place, refusal()));
        outcome
    }

    #[tokio::test]
    async fn one_bad_span_costs_itself_alone() {
        let mut requests = Vec::new();
        let outcome = in_halves(5, once(0..5), async |places: &[usize]| {
            requests.push(places.to_vec());
            if places.contains(&3) { Sent::Refused(refusal()) } else { Sent::Answered(Outcome::default()) }
        })
        .await;
        assert_eq!(outcome, refusing(5, &[3]));
        assert_eq!(requests, [vec![0, 1, 2, 3, 4], vec![0, 1], vec![2, 3, 4], vec![2], vec![3, 4], vec![3], vec![4]]);
    }

    #[tokio::test]
    async fn what_is_known_is_not_sent_again_where_the_rest_is_narrowed_down() {
        let mut requests = Vec::new();
        let outcome = in_halves(6, once(0..6), async |places: &[usize]| {
            requests.push(places.to_vec());
            match places {
                [_, _, _, _, _, _] => {
                    let mut answer = Outcome::delivered(6);
                    answer.refuse(1, refusal());
                    Sent::Some { answer, among: vec![0, 2, 3, 5], refusal: refusal() }
                }
                [3] => Sent::Refused(refusal()),
                [3, 5] => Sent::Some { answer: Outcome::delivered(2), among: vec![0, 1], refusal: refusal() },
                _ => Sent::Answered(Outcome::default()),
            }
        })
        .await;
        assert_eq!(outcome, refusing(6, &[1, 3]));
        assert_eq!(requests[1..], [vec![0, 2], vec![3, 5], vec![3], vec![5]]);
    }

    #[tokio::test]
    async fn a_back_end_that_refuses_everything_is_not_flooded_and_what_it_refused_is_known() {
        let mut requests = 0;
        let outcome = in_halves(500, once(0..500), async |_: &[usize]| {
            requests += 1;
            Sent::Refused(refusal())
        })
        .await;
        let refused = outcome.fates.iter().filter(|fate| **fate == Fate::Refused(DropReason::Rejected)).count();
        assert_eq!((requests, outcome.refusals.len()), (MOST_REQUESTS, refused));
        assert!(refused > 20 && outcome.fates[refused..].iter().all(|fate| *fate == Fate::Again), "{refused}");
    }

    #[tokio::test]
    async fn what_is_lost_is_lost_at_once() {
        let mut requests = 0;
        let outcome = in_halves(4, once(0..4), async |_: &[usize]| {
            requests += 1;
            Sent::Lost(refusal())
        })
        .await;
        assert_eq!((requests, outcome), (1, refusing(4, &[0, 1, 2, 3])));
    }

    #[tokio::test]
    async fn after_a_failure_the_rest_is_to_be_tried_again() {
        let trouble = Trouble { lasting: false, after: None, what: "away".to_owned(), remedy: "wait".to_owned() };
        let outcome = in_halves(3, (0..3).map(|place| place..place + 1), async |places: &[usize]| match places {
            [0] => Sent::Answered(Outcome::default()),
            [1] => Sent::Failed(trouble.clone()),
            _ => panic!("nothing is sent after a failure"),
        })
        .await;
        let fates = vec![Fate::Delivered, Fate::Again, Fate::Again];
        assert_eq!(outcome, Outcome { fates, trouble: Some(trouble), ..Outcome::default() });
    }
}
