//! Removes segments: those that nothing waits in, and those that have to make room.

use std::path::PathBuf;
use std::sync::Arc;

use super::{LOCK, Shelf, aside};
use crate::spool::files::What;
use crate::spool::journal::Entry;
use crate::spool::room::SET_ASIDE;
use crate::spool::{Class, Fate, Gone};

/// A file and the name that it is set aside under.
pub(in crate::spool) type Move = (PathBuf, PathBuf);

impl Shelf {
    /// Takes segments off the shelf that nothing waits in. Their files stay in [`Shelf::leaving`] until the disk knows
    /// that they are done with. The second list is those that the disk has not kept whole.
    pub(in crate::spool) fn leave(&mut self) -> (Vec<PathBuf>, Vec<Move>) {
        let (mut whole, mut hurt) = (std::mem::take(&mut self.leaving), Vec::new());
        let folder = self.room.folder.join(SET_ASIDE);
        for side in &mut self.sides {
            let last = side.growing.then(|| side.segments.len().saturating_sub(1));
            let mut index = 0;
            side.segments.retain(|segment| {
                let keep = last == Some(index) || side.done.undone(&(segment.first..segment.end)) > 0;
                index += 1;
                if !keep && segment.hurt {
                    hurt.push((segment.path.clone(), folder.join(segment.aside(&self.name))));
                } else if !keep {
                    whole.push(segment.path.clone());
                }
                keep
            });
        }
        self.leaving.clone_from(&whole);
        (whole, hurt)
    }

    /// Removes the segments that nothing waits in, at once. The spool's lock is held. Whether there was one.
    pub(in crate::spool) fn remove_done(&mut self) -> bool {
        let (whole, hurt) = self.leave();
        self.leaving.clear();
        let all = whole.into_iter().chain(hurt.into_iter().map(|(path, _)| path));
        let removed = all.filter(|path| self.room.disk.remove(path).is_ok()).count() > 0;
        self.say_all(removed);
        removed
    }

    /// Has the journal say what it had no room for, now that there is some.
    fn say_all(&mut self, room: bool) {
        if room && self.ready && self.journal.stale {
            self.begin_journal(true);
        }
    }

    /// Has the oldest segment of a class make room. The spool's lock is held. Whether there was one that could.
    pub(in crate::spool) fn evict(&mut self, class: Class) -> bool {
        let side = &self.sides[class as usize];
        let held = side.held.clone();
        let free = |first: u64, end: u64| held.is_empty() || end <= held.start || first >= held.end;
        let Some(index) = side.segments.iter().position(|segment| free(segment.first, segment.end)) else {
            return false;
        };
        let ordinals = side.segments[index].first..side.segments[index].end;
        let path = side.segments[index].path.clone();
        // Said before it is done, so that a crash between the two leaves no doubt about what became of the records.
        let count = ordinals.end - ordinals.start;
        self.say(Entry::Done { class, fate: Fate::EVICTED, from: ordinals.start, count }, true);
        if self.room.disk.remove(&path).is_err() {
            // The records stay what they are, and the journal is written anew without that entry.
            self.journal.stale = true;
            return false;
        }
        let side = &mut self.sides[class as usize];
        if index + 1 == side.segments.len() {
            side.growing = false;
        }
        side.segments.remove(index);
        let records = side.done.insert(ordinals.clone(), Fate::EVICTED);
        if records > 0 {
            side.gone.push_back(Gone { class, ordinals, records });
        }
        self.names = true;
        self.say_all(true);
        true
    }

    /// Removes all that is ours in the folder, and the folder. What is not ours is set aside.
    pub(in crate::spool) fn remove_all(&mut self) {
        let room = Arc::clone(&self.room);
        let (_, hurt) = self.leave();
        for (from, to) in hurt {
            room.move_aside(&from, &to);
        }
        for entry in room.disk.list(&self.path).unwrap_or_default() {
            let path = self.file(&entry.name);
            if entry.is_folder || entry.name == LOCK {
                continue;
            }
            if What::of(&entry.name).is_some() {
                drop(room.disk.remove(&path));
            } else {
                room.move_aside(&path, &room.folder.join(SET_ASIDE).join(aside("unknown", &self.name, &path)));
            }
        }
        // The lock goes last: as long as it is there, the folder is somebody's.
        drop(room.disk.remove(&self.file(LOCK)));
        drop(room.disk.remove_folder(&self.path));
        self.journal.vanished();
        self.ready = false;
    }
}
