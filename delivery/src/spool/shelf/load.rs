//! Finds out what a writer that lives no more has left.

mod segments;

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::{Shelf, aside};
use crate::disk::DiskFile;
use crate::spool::Class;
use crate::spool::files::{HEADER, Header, What, read_header};
use crate::spool::journal::{self, Account};
use crate::spool::log::Log;
use crate::spool::record::Kind;
use crate::spool::room::{Room, SET_ASIDE};
use crate::spool::scan::{Found, Scan, Window};

impl Shelf {
    /// The shelf of a writer whose lock is held by the caller.
    ///
    /// # Errors
    /// Those of the disk, and then it is worth another attempt.
    pub(in crate::spool) fn load(room: Arc<Room>, name: String) -> io::Result<Self> {
        let mut shelf = Self::new(room, name);
        shelf.ready = true;
        let entries = shelf.room.disk.list(&shelf.path)?;
        let mut files: Vec<(What, u32)> = entries.iter().filter_map(|entry| What::of(&entry.name)).collect();
        files.sort_unstable_by_key(|(_, number)| *number);
        let of = |kind: What| files.iter().filter(move |(what, _)| *what == kind).map(|(_, number)| *number);
        let account = shelf.load_journal(&of(What::Done).collect::<Vec<_>>())?;
        shelf.load_notes(&of(What::Open).collect::<Vec<_>>())?;
        shelf.order = account.order;
        shelf.noted = account.noted;
        for (class, done) in Class::ALL.into_iter().zip(account.done) {
            let journalled = account.appended[class as usize];
            let above = done.ranges().map(|(range, _)| range.end).max().unwrap_or_default();
            let known = done.low() > 0 || journalled > 0 || above > 0;
            let side = &mut shelf.sides[class as usize];
            side.appended = journalled.max(done.low()).max(above);
            (side.done, side.journalled) = (done, journalled);
            shelf.load_segments(class, &of(What::Segment(class)).collect::<Vec<_>>(), known)?;
        }
        shelf.lend_headers();
        Ok(shelf)
    }

    fn load_journal(&mut self, numbers: &[u32]) -> io::Result<Account> {
        let seed = What::Done.seed(&self.name);
        let (mut entries, mut old) = (Vec::new(), Vec::new());
        for number in numbers {
            let path = self.file(&What::Done.name(*number));
            let Some((_, bytes)) = self.whole(&path)? else { continue };
            entries.extend(journal::entries(seed, &bytes));
            old.push(path);
        }
        self.journal = Log::new(What::Done, self.path.clone(), after(numbers), old);
        Ok(Account::of(&entries))
    }

    fn load_notes(&mut self, numbers: &[u32]) -> io::Result<()> {
        let seed = What::Open.seed(&self.name);
        let mut old = Vec::new();
        let mut window = Window::default();
        for number in numbers {
            let path = self.file(&What::Open.name(*number));
            let Some((file, bytes)) = self.whole(&path)? else { continue };
            let mut scan = Scan::new(&*file, seed, HEADER as u64..bytes.len() as u64, &mut window);
            loop {
                match scan.next()? {
                    Found::Record(head, payload) if head.kind == Kind::Begun => {
                        self.open.insert(head.ordinal, scan.payload(payload).to_vec());
                    }
                    Found::Record(head, _) if head.kind == Kind::Ended => drop(self.open.remove(&head.ordinal)),
                    Found::Record(..) | Found::Broken(_) => {}
                    Found::End => break,
                }
            }
            old.push(path);
        }
        self.notes = Log::new(What::Open, self.path.clone(), after(numbers), old);
        Ok(())
    }

    /// A small file and all of its bytes. `None`: it is of another version and set aside now.
    fn whole(&self, path: &Path) -> io::Result<Option<Whole>> {
        let file = self.room.disk.open(path)?;
        let size = usize::try_from(file.size()?).map_err(io::Error::other)?;
        let mut bytes = vec![0; size];
        let read = file.read_at(&mut bytes, 0)?;
        bytes.truncate(read);
        if matches!(read_header(&bytes), Header::Foreign(_)) {
            self.set_aside("unknown", path);
            return Ok(None);
        }
        Ok(Some((file, bytes)))
    }

    /// Sets a file of the folder aside.
    fn set_aside(&self, why: &str, path: &Path) {
        self.room.move_aside(path, &self.room.folder.join(SET_ASIDE).join(aside(why, &self.name, path)));
    }
}

/// A file and all of its bytes.
type Whole = (Arc<dyn DiskFile>, Vec<u8>);

/// The number for the next file after these.
fn after(numbers: &[u32]) -> u32 {
    numbers.last().map_or(0, |number| number.saturating_add(1))
}
