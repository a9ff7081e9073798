//! Orders to have the disk keep what was written now, not when its time has come.

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
}

impl Store {
    /// Orders that the disk keeps what was written so far. `None`: there is nothing that it does not keep.
    pub(in crate::pipeline) fn order_sync(&mut self) -> Option<Order> {
        let own = self.own.as_mut()?;
        let Writes { made, kept, .. } = own.writes;
        own.writes.ordered = made;
        (kept < made).then_some(Order { line: own.line.id, writes: made })
    }

    /// Whether the disk keeps what was ordered.
    pub(in crate::pipeline) fn keeps(&self, order: Order) -> bool {
        self.ordered(order).is_some_and(|own| own.writes.kept >= order.writes)
    }

    /// Whether it still may, so that waiting for it is of use.
    pub(in crate::pipeline) fn may_keep(&self, order: Order) -> bool {
        // After a refusal it is neither, until something else is written.
        let is_asked = |own: &Own| own.dirty.is_some() || own.syncing.is_some();
        self.ordered(order).is_some_and(|own| own.writes.kept < order.writes && is_asked(own))
    }

    fn ordered(&self, order: Order) -> Option<&Own> {
        self.own.as_ref().filter(|own| own.line.id == order.line)
    }
}
