//! The machine that the disk is in: what its processes see, what is durable, and what is to go wrong.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fastrand::Rng;
use rustix::io::Errno;

use super::contents::Contents;
use super::faults::{Crash, Fault, Operation};
use super::names::{Change, File, Names, Node, contents};

#[derive(Debug)]
pub(super) struct Machine {
    random: Rng,
    pub(super) visible: Names,
    durable: Names,
    /// Changes that made what is visible of what is durable.
    changed: Vec<Change>,
    pub(super) room: Option<u64>,
    alive: BTreeSet<u64>,
    processes: u64,
    locks: u64,
    pub(super) changes: u64,
    pub(super) operations: u64,
    pub(super) crash: Option<(u64, u64, Crash)>,
    /// What was crashed in last.
    pub(super) crashed: Option<(Operation, PathBuf)>,
    pub(super) faults: Vec<Fault>,
    pub(super) waited: Duration,
    pub(super) born: Instant,
}

impl Machine {
    pub(super) fn new(seed: u64) -> Self {
        Self::with(Names::new(), seed)
    }

    pub(super) fn copied(&self, seed: u64) -> Self {
        Self { room: self.room, ..Self::with(self.visible.copied(), seed) }
    }

    fn with(names: Names, seed: u64) -> Self {
        Self {
            random: Rng::with_seed(seed),
            visible: names.clone(),
            durable: names,
            changed: Vec::new(),
            room: None,
            alive: BTreeSet::new(),
            processes: 0,
            locks: 0,
            changes: 0,
            operations: 0,
            crash: None,
            crashed: None,
            faults: Vec::new(),
            waited: Duration::ZERO,
            born: Instant::now(),
        }
    }

    pub(super) fn process(&mut self) -> u64 {
        self.processes += 1;
        self.alive.insert(self.processes);
        self.processes
    }

    pub(super) fn is_alive(&self, process: u64) -> bool {
        self.alive.contains(&process)
    }

    pub(super) fn kill(&mut self, process: u64) {
        self.alive.remove(&process);
        for (_, file) in self.visible.files() {
            contents(file).unlock_all_of(process);
        }
    }

    pub(super) fn lose_power(&mut self) {
        self.alive.clear();
        let changed = std::mem::take(&mut self.changed);
        let in_order = self.random.bool();
        let kept = self.random.usize(..=changed.len());
        for (at, change) in changed.iter().enumerate() {
            if if in_order { at < kept } else { self.random.bool() } {
                self.durable.apply(change);
            }
        }
        self.durable.drop_orphans();
        for (_, file) in self.durable.files() {
            contents(file).lose_power(&mut self.random);
        }
        self.visible = self.durable.clone();
    }

    /// Something that changes nothing: it may fail, but a crash in it makes no difference.
    pub(super) fn look(&mut self, process: u64, operation: Operation, path: &Path) -> io::Result<()> {
        if !self.is_alive(process) {
            return Err(dead());
        }
        self.operations += 1;
        for fault in &mut self.faults {
            if fault.strikes(operation, path) {
                self.waited += fault.delay;
                return fault.error.map_or(Ok(()), |number| Err(io::Error::from_raw_os_error(number)));
            }
        }
        Ok(())
    }

    /// Something that changes names: it happens or does not, and the process may end with it.
    pub(super) fn change<T>(
        &mut self,
        process: u64,
        operation: Operation,
        path: &Path,
        change: impl FnOnce(&mut Self) -> io::Result<T>,
    ) -> io::Result<T> {
        self.look(process, operation, path)?;
        let crash = self.is_crash(process, operation, path);
        if crash.is_some() && self.random.bool() {
            return Err(self.end(process, crash));
        }
        let changed = change(self);
        if crash.is_some() { Err(self.end(process, crash)) } else { changed }
    }

    pub(super) fn create_folder(&mut self, folder: &Path) -> io::Result<()> {
        let mut missing: Vec<&Path> = Vec::new();
        for above in folder.ancestors() {
            if self.visible.has(above) {
                self.visible.folder(above)?;
                break;
            }
            missing.push(above);
        }
        for path in missing.into_iter().rev() {
            self.make(path, Node::Folder);
        }
        Ok(())
    }

    pub(super) fn create(&mut self, process: u64, path: &Path, room: u64) -> io::Result<File> {
        self.change(process, Operation::Create, path, |machine| {
            if machine.visible.has(path) {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            machine.visible.folder(path.parent().unwrap_or(Path::new("/")))?;
            machine.take_room(room)?;
            let file = File::default();
            contents(&file).set_size(room);
            machine.make(path, Node::File(Arc::clone(&file)));
            Ok(file)
        })
        .inspect_err(|_| {
            // A process that ends in the middle leaves a file without its room.
            if !self.is_alive(process)
                && self.random.bool()
                && let Ok(file) = self.visible.file(path)
            {
                contents(&file).set_size(0);
            }
        })
    }

    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        if !self.visible.has(from) {
            return Err(io::ErrorKind::NotFound.into());
        }
        self.visible.folder(to.parent().unwrap_or(Path::new("/")))?;
        self.record(Change::Renamed(from.to_owned(), to.to_owned()));
        Ok(())
    }

    pub(super) fn rename_to_nothing(&mut self, path: &Path) {
        self.record(Change::Removed(path.to_owned()));
    }

    pub(super) fn sync_folder(&mut self, folder: &Path) -> io::Result<()> {
        self.visible.folder(folder)?;
        let (now, later) = std::mem::take(&mut self.changed).into_iter().partition(|change| change.is_in(folder));
        self.changed = later;
        let now: Vec<Change> = now;
        now.iter().for_each(|change| self.durable.apply(change));
        Ok(())
    }

    pub(super) fn lock(&mut self, process: u64, path: &Path) -> io::Result<Option<(File, u64)>> {
        let file = self.change(process, Operation::Lock, path, |machine| {
            if !machine.visible.has(path) {
                machine.visible.folder(path.parent().unwrap_or(Path::new("/")))?;
                machine.make(path, Node::File(File::default()));
            }
            machine.visible.file(path)
        })?;
        self.locks += 1;
        let locked = contents(&file).lock(process, self.locks);
        Ok(locked.then_some((file, self.locks)))
    }

    pub(super) fn write(
        &mut self,
        process: u64,
        path: &Path,
        file: &File,
        bytes: &[u8],
        offset: u64,
    ) -> io::Result<()> {
        if let Err(error) = self.look(process, Operation::Write, path) {
            if self.is_alive(process) {
                self.write_part(file, bytes, offset);
            }
            return Err(error);
        }
        let grows = (offset + bytes.len() as u64).saturating_sub(contents(file).size());
        if let Err(error) = self.take_room(grows) {
            self.write_part(file, bytes, offset);
            return Err(error);
        }
        let crash = self.is_crash(process, Operation::Write, path);
        if crash.is_some() {
            self.write_part(file, bytes, offset);
            return Err(self.end(process, crash));
        }
        contents(file).write(bytes, offset);
        Ok(())
    }

    pub(super) fn sync(&mut self, process: u64, path: &Path, file: &File) -> io::Result<()> {
        if let Err(error) = self.look(process, Operation::Sync, path) {
            if self.is_alive(process) {
                contents(file).fail_to_sync(&mut self.random);
            }
            return Err(error);
        }
        let crash = self.is_crash(process, Operation::Sync, path);
        if crash.is_some() {
            return Err(self.end(process, crash));
        }
        contents(file).sync();
        Ok(())
    }

    pub(super) fn put(&mut self, path: &Path, bytes: &[u8]) {
        let file = Node::File(Arc::new(Mutex::new(Contents::durable(bytes))));
        self.visible.insert(path, file.clone());
        self.durable.insert(path, file);
    }

    pub(super) fn remove_all(&mut self, folder: &Path) {
        self.visible.remove_all(folder);
        self.durable.remove_all(folder);
        self.changed.clear();
        self.settle();
    }

    pub(super) fn settle(&mut self) {
        self.changed.clear();
        self.durable = self.visible.clone();
        self.durable.files().for_each(|(_, file)| contents(file).sync());
    }

    fn make(&mut self, path: &Path, node: Node) {
        self.record(Change::Made(PathBuf::from(path), node));
    }

    fn record(&mut self, change: Change) {
        self.visible.apply(&change);
        self.changed.push(change);
    }

    /// Some first part of it, but no further than the file goes.
    fn write_part(&mut self, file: &File, bytes: &[u8], offset: u64) {
        let part = self.random.usize(..=bytes.len());
        let mut contents = contents(file);
        let fits = usize::try_from(contents.size().saturating_sub(offset)).unwrap_or(usize::MAX);
        contents.write(&bytes[..part.min(fits)], offset);
    }

    fn take_room(&self, bytes: u64) -> io::Result<()> {
        let Some(room) = self.room else { return Ok(()) };
        let used: u64 = self.visible.files().map(|(_, file)| contents(file).size()).sum();
        if bytes > 0 && used + bytes > room { Err(Errno::NOSPC.into()) } else { Ok(()) }
    }

    fn is_crash(&mut self, process: u64, operation: Operation, path: &Path) -> Option<Crash> {
        let turn = self.changes;
        self.changes += 1;
        let (_, _, crash) = self.crash.take_if(|(at, of, _)| *of == process && *at == turn)?;
        self.crashed = Some((operation, path.to_owned()));
        Some(crash)
    }

    fn end(&mut self, process: u64, crash: Option<Crash>) -> io::Error {
        match crash {
            Some(Crash::Power) => self.lose_power(),
            _ => self.kill(process),
        }
        dead()
    }
}

fn dead() -> io::Error {
    io::Error::other("the process has ended")
}
