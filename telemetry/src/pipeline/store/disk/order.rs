//! Orders to have the disk keep what was written now, not when its time has come.

use std::collections::VecDeque;

use super::super::Store;
use super::super::line::LineId;
use super::Own;

/// How much was written, as numbers that grow with each write.
#[derive(Debug, Default)]
pub(super) struct Writes {
    made: u64,
    /// Those before are to be kept as soon as can be.
    ordered: u64,
    /// What the disk was last asked to keep.
    asked: u64,
    /// What it has said that it keeps.
    kept: u64,
    /// What it has refused to keep: nobody knows any more what it has of those, whatever it says of later ones.
    refused: u64,
}

/// What somebody waits for the disk to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pipeline) struct Order {
    line: LineId,
    writes: u64,
}

impl Writes {
    pub(super) fn one_more(&mut self) {
        self.made += 1;
    }

    /// Whether somebody waits for what the disk was not asked for.
    pub(super) fn is_ordered(&self) -> bool {
        self.ordered > self.asked
    }

    /// The disk is asked to keep all there is.
    pub(super) fn asked(&mut self) {
        self.asked = self.made;
    }

    /// It does.
    pub(super) fn kept(&mut self) {
        self.kept = self.asked;
    }

    /// It does not.
    pub(super) fn refused(&mut self) {
        self.refused = self.asked;
    }
}

impl Store {
    /// Orders that the disk keeps what was written so far. `None`: there is nothing that it does not keep.
    pub(in crate::pipeline) fn order_sync(&mut self) -> Option<Order> {
        let nothing_waits = self.len() == 0;
        let own = self.own.as_mut()?;
        let writes = &mut own.writes;
        if nothing_waits {
            // What was refused has been delivered.
            writes.refused = 0;
        }
        writes.ordered = writes.made;
        let is_kept = writes.kept >= writes.made && writes.refused == 0;
        (!is_kept).then_some(Order { line: own.line.id, writes: writes.made })
    }

    /// Whether the disk keeps what was ordered.
    pub(in crate::pipeline) fn keeps(&self, order: Order) -> bool {
        self.ordered(order).is_some_and(|own| own.writes.kept >= order.writes && own.writes.refused == 0)
    }

    /// Whether it still may, so that waiting for it is of use.
    pub(in crate::pipeline) fn may_keep(&self, order: Order) -> bool {
        let is_asked = |own: &Own| own.dirty.is_some() || own.syncing.is_some();
        let is_open = |own: &Own| own.writes.kept < order.writes && own.writes.refused == 0;
        self.ordered(order).is_some_and(|own| is_open(own) && is_asked(own))
    }

    /// Whether a span with a number below this one is in memory alone.
    pub(in crate::pipeline) fn holds_loose_before(&self, number: u64) -> bool {
        let waits = self.loose.iter().filter_map(VecDeque::front).any(|held| held.number < number);
        waits || self.lease.as_ref().is_some_and(|lease| lease.loose > 0 && lease.oldest < number)
    }

    fn ordered(&self, order: Order) -> Option<&Own> {
        self.own.as_ref().filter(|own| own.line.id == order.line)
    }
}
