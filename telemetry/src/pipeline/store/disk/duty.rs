//! What a thread that may wait for the disk has to do: have it keep what was written, and look for what others have left.

use std::time::{Duration, Instant};

use spawn_delivery::spool::{Left, Seeker, Synced, Syncing};

use super::{HANGS, Own, Source};

/// How often it is looked for what others have left.
const LOOK: Duration = Duration::from_secs(30);

/// What there is to do for a thread that may wait for the disk.
#[derive(Debug)]
pub(in crate::pipeline) enum Duty {
    /// Nothing before this instant, or before somebody calls.
    Wait(Option<Instant>),
    /// To be run, and the answer brought back.
    Sync(Syncing),
    /// What others have left is to be looked for.
    Look(Seeker),
}

impl Own {
    /// Has it looked soon for what others have left.
    pub(in crate::pipeline::store) fn look_now(&mut self, now: Instant) {
        self.look = self.look.min(now);
    }

    /// Whether it is still to be looked, since this instant, for what others have left.
    pub(in crate::pipeline::store) fn is_to_look(&self, since: Instant) -> bool {
        self.is_usable(Instant::now()) && self.vain.is_none_or(|vain| vain < since)
    }

    /// What the thread beside has to do. `looks`: whether there is anybody to take over what others have left.
    pub(in crate::pipeline::store) fn duty(&mut self, now: Instant, looks: bool) -> Duty {
        let sync = self.storage.sync;
        let Source::Own(spool) = &mut self.line.source else { return Duty::Wait(None) };
        if self.syncing.is_none() {
            let asked = self.pulse.again().is_some_and(|ask| ask <= now);
            let ordered = self.dirty.is_some() && self.writes.is_ordered();
            let due = self.dirty.is_some_and(|dirty| dirty + sync <= now);
            let syncing = if asked || ordered {
                spool.sync_now()
            } else if due {
                spool.sync(now)
            } else {
                None
            };
            if due || asked || ordered {
                self.dirty = None;
                self.writes.asked();
            }
            if let Some(syncing) = syncing {
                self.syncing = Some(syncing.progress());
                return Duty::Sync(syncing);
            }
            if asked {
                // There is nothing to ask it for, so the next span will show.
                self.pulse.try_again();
            }
        }
        if looks && self.look <= now && self.is_usable(now) {
            self.look = now + LOOK;
            let Source::Own(spool) = &self.line.source else { return Duty::Wait(None) };
            return Duty::Look(spool.seeker());
        }
        let look = looks.then_some(self.look);
        // What is due and not possible is possible when something else has happened, such as the end of a rest.
        let ahead = [self.again, self.pulse.again(), look].map(|at| at.filter(|at| *at > now));
        Duty::Wait(ahead.into_iter().chain([self.dirty.map(|dirty| dirty + sync)]).flatten().min())
    }

    /// The disk has answered.
    pub(in crate::pipeline::store) fn synced(&mut self, synced: Synced) {
        let now = Instant::now();
        let silent = self.syncing.take().map_or(Duration::ZERO, |progress| progress.longest_silence(now));
        let Source::Own(spool) = &mut self.line.source else { return };
        let answer = spool.synced(synced);
        match &answer {
            Ok(()) => self.writes.kept(),
            Err(_) => self.writes.refused(),
        }
        match answer {
            Err(error) => self.refused_by_disk(&error, now),
            Ok(()) if silent > HANGS => {
                self.pulse.kept_late(now);
                self.is_slow(HANGS);
            }
            Ok(()) => {
                if self.pulse.try_again() {
                    self.well();
                }
            }
        }
    }

    /// It was looked, and this was found.
    pub(in crate::pipeline::store) fn looked(&mut self, found: Option<&Left>, begun: Instant) {
        let Some(left) = found else {
            self.vain = Some(begun);
            return;
        };
        // There may be more.
        self.look = Instant::now();
        if let Source::Own(spool) = &mut self.line.source {
            spool.found(left);
        }
    }

    pub(in crate::pipeline::store) fn is_dirty(&self) -> bool {
        self.dirty.is_some()
    }

    pub(in crate::pipeline::store) fn has_for_the_disk(&self) -> bool {
        self.dirty.is_some() || self.again.is_some() || self.pulse.is_slow()
    }
}
