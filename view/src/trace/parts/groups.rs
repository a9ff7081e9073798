//! Which ids are those of one trace, and which of them is the trace's own.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use opentelemetry::trace::TraceId;

/// Ids that are tied to each other.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// Another id of the same group; the last one names itself.
    next: HashMap<TraceId, TraceId>,
    /// Parts that go on from another.
    later: HashSet<TraceId>,
    /// Parts in which something hangs below another.
    below: HashSet<TraceId>,
}

impl Groups {
    /// Something in `part` hangs below something in `above`.
    pub(super) fn hangs(&mut self, part: TraceId, above: TraceId) {
        self.tie(part, above);
        self.below.insert(part);
    }

    /// The trace goes on from `part` in `next`.
    pub(super) fn goes_on(&mut self, part: TraceId, next: TraceId) {
        self.tie(part, next);
        self.later.insert(next);
    }

    /// The trace that each id is of; ids that are tied to none are not in it.
    ///
    /// A trace's own id is that of its first part, from which the others go on. Of writers who say different things, one is
    /// believed whatever the order.
    pub(super) fn traces(mut self) -> HashMap<TraceId, TraceId> {
        let members: Vec<TraceId> = self.next.keys().copied().collect();
        let of: Vec<(TraceId, TraceId)> = members.into_iter().map(|id| (id, self.last(id))).collect();
        let rank = |id: &TraceId| Reverse((self.later.contains(id), self.below.contains(id), id.to_bytes()));
        let mut first: HashMap<TraceId, TraceId> = HashMap::new();
        for (id, group) in &of {
            let best = first.entry(*group).or_insert(*id);
            if rank(id) > rank(best) {
                *best = *id;
            }
        }
        of.into_iter().map(|(id, group)| (id, first[&group])).collect()
    }

    fn tie(&mut self, one: TraceId, other: TraceId) {
        let (one, other) = (self.last(one), self.last(other));
        self.next.insert(one, other);
    }

    /// The id that stands for the group. The way to it is made shorter each time.
    fn last(&mut self, id: TraceId) -> TraceId {
        let mut at = id;
        loop {
            let next = *self.next.entry(at).or_insert(at);
            if next == at {
                return at;
            }
            let after = self.next.get(&next).copied().unwrap_or(next);
            self.next.insert(at, after);
            at = after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traces(groups: Groups) -> Vec<(u128, u128)> {
        let number = |id: TraceId| u128::from_be_bytes(id.to_bytes());
        let mut traces: Vec<_> = groups.traces().into_iter().map(|(id, of)| (number(id), number(of))).collect();
        traces.sort_unstable();
        traces
    }

    #[test]
    fn the_part_from_which_the_others_go_on_gives_the_trace_its_id() {
        let mut groups = Groups::default();
        // Something in the first part hangs below something in the last.
        groups.hangs(9.into(), 1.into());
        groups.goes_on(5.into(), 1.into());
        groups.goes_on(9.into(), 5.into());
        groups.hangs(4.into(), 3.into());
        assert_eq!(traces(groups), [(1, 9), (3, 3), (4, 3), (5, 9), (9, 9)]);
    }

    #[test]
    fn liars_who_go_round_in_circles_are_one_trace_whatever_the_order() {
        for order in [[(1, 2), (2, 3), (3, 1)], [(3, 1), (1, 2), (2, 3)]] {
            let mut groups = Groups::default();
            order.into_iter().for_each(|(part, next): (u128, u128)| groups.goes_on(part.into(), next.into()));
            assert_eq!(traces(groups), [(1, 1), (2, 1), (3, 1)]);
        }
    }
}
