//! A disk in memory that loses power, kills its processes and fails when it is told to. For tests and simulations.

mod contents;
mod faults;
mod machine;
mod names;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub use faults::{Crash, Fault, Operation};

use self::machine::Machine;
use self::names::{File, Node};
use super::{Disk, DiskFile, Entry, Lock};

/// One process's view of a disk in memory, for tests and simulations only.
///
/// What a process has written is seen by all at once, and outlives it. What outlives a loss of power is less: of what was
/// written since the last `sync`, a random part, in sectors of 512 bytes, some torn in the middle; of the names that were
/// made, changed or removed since the last `sync_folder`, a random part, in order or not. All chances come from one seed.
///
/// A clone is the same process. [`SimulatedDisk::process`] begins another one.
#[derive(Clone, Debug)]
pub struct SimulatedDisk {
    machine: Arc<Mutex<Machine>>,
    process: u64,
}

#[derive(Debug)]
struct SimulatedFile {
    disk: SimulatedDisk,
    file: File,
    path: PathBuf,
}

#[derive(Debug)]
struct SimulatedLock {
    file: File,
    holder: u64,
}

impl SimulatedDisk {
    /// An empty disk with endless room, all of whose chances come from the seed, and a first process.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut machine = Machine::new(seed);
        let process = machine.process();
        Self { machine: Arc::new(Mutex::new(machine)), process }
    }

    /// Another process on the same disk.
    #[must_use]
    pub fn process(&self) -> Self {
        let process = self.machine().process();
        Self { machine: Arc::clone(&self.machine), process }
    }

    /// A copy of the disk as processes see it now, all of it durable, with a process of its own and no locks held.
    #[must_use]
    pub fn copied(&self, seed: u64) -> Self {
        let mut machine = self.machine().copied(seed);
        let process = machine.process();
        Self { machine: Arc::new(Mutex::new(machine)), process }
    }

    /// Bytes that files may occupy from now on.
    pub fn limit_room(&self, bytes: Option<u64>) {
        self.machine().room = bytes;
    }

    /// Ends this process as `SIGKILL` does: its locks are free, its every further operation fails.
    pub fn kill(&self) {
        self.machine().kill(self.process);
    }

    /// Takes the power away: all processes end, and what was not durable is lost in part.
    pub fn lose_power(&self) {
        self.machine().lose_power();
    }

    /// Has this process crash in the middle of a change: after so many further ones, or at once with zero.
    pub fn crash_after(&self, changes: u64, crash: Crash) {
        let mut machine = self.machine();
        machine.crash = Some((machine.changes + changes, self.process, crash));
    }

    /// The change that the last crash came in the middle of.
    #[must_use]
    pub fn crashed_in(&self) -> Option<(Operation, PathBuf)> {
        self.machine().crashed.clone()
    }

    /// Whether this process was ended.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        !self.machine().is_alive(self.process)
    }

    /// How many operations that change something there were: all at which a crash makes a difference.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.machine().changes
    }

    /// How many operations there were, of any kind.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.machine().operations
    }

    /// Has operations fail, or take their time. Faults add up; the first one that fits an operation counts.
    pub fn fail(&self, fault: Fault) {
        self.machine().faults.push(fault);
    }

    /// Takes all faults away.
    pub fn mend(&self) {
        self.machine().faults.clear();
    }

    /// How long slow operations have taken, in a time that nobody waits for.
    #[must_use]
    pub fn waited(&self) -> Duration {
        self.machine().waited
    }

    /// All files, by name.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        self.machine().visible.files().map(|(path, _)| path.clone()).collect()
    }

    /// What a file holds.
    ///
    /// # Errors
    /// There is no such file.
    pub fn contents(&self, path: &Path) -> io::Result<Vec<u8>> {
        let file = self.machine().visible.file(path)?;
        let contents = names::contents(&file);
        Ok(contents.all())
    }

    /// Gives a file these contents, durably, whatever it held; makes it where there is none.
    pub fn put(&self, path: &Path, bytes: &[u8]) {
        self.machine().put(path, bytes);
    }

    /// Removes a folder and all in it, durably, whoever uses it.
    pub fn remove_all(&self, folder: &Path) {
        self.machine().remove_all(folder);
    }

    /// Makes everything durable.
    pub fn settle(&self) {
        self.machine().settle();
    }

    fn machine(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn opened(&self, file: File, path: &Path) -> Arc<dyn DiskFile> {
        Arc::new(SimulatedFile { disk: self.clone(), file, path: path.to_owned() })
    }
}

impl Disk for SimulatedDisk {
    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        self.machine().change(self.process, Operation::CreateFolder, folder, |machine| machine.create_folder(folder))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        let mut machine = self.machine();
        machine.look(self.process, Operation::List, folder)?;
        machine.visible.list(folder)
    }

    fn create(&self, path: &Path, room: u64) -> io::Result<Arc<dyn DiskFile>> {
        let file = self.machine().create(self.process, path, room)?;
        Ok(self.opened(file, path))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut machine = self.machine();
        machine.look(self.process, Operation::Open, path)?;
        let file = machine.visible.file(path)?;
        drop(machine);
        Ok(self.opened(file, path))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.machine().change(self.process, Operation::Rename, from, |machine| machine.rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.machine().change(self.process, Operation::Remove, path, |machine| {
            machine.visible.file(path)?;
            machine.rename_to_nothing(path);
            Ok(())
        })
    }

    fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        self.machine().change(self.process, Operation::RemoveFolder, folder, |machine| {
            if !machine.visible.list(folder)?.is_empty() {
                return Err(io::ErrorKind::DirectoryNotEmpty.into());
            }
            machine.rename_to_nothing(folder);
            Ok(())
        })
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.machine().change(self.process, Operation::SyncFolder, folder, |machine| machine.sync_folder(folder))
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Lock>>> {
        let lock = self.machine().lock(self.process, path)?;
        Ok(lock.map(|(file, holder)| Box::new(SimulatedLock { file, holder }) as Box<dyn Lock>))
    }

    /// Goes on with slow operations alone.
    fn clock(&self) -> Instant {
        let machine = self.machine();
        machine.born + machine.waited
    }
}

impl DiskFile for SimulatedFile {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.disk.machine().write(self.disk.process, &self.path, &self.file, bytes, offset)
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        self.disk.machine().look(self.disk.process, Operation::Read, &self.path)?;
        Ok(names::contents(&self.file).read(into, offset))
    }

    fn size(&self) -> io::Result<u64> {
        self.disk.machine().look(self.disk.process, Operation::Size, &self.path)?;
        Ok(names::contents(&self.file).size())
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.machine().sync(self.disk.process, &self.path, &self.file)
    }
}

impl Lock for SimulatedLock {}

impl Drop for SimulatedLock {
    fn drop(&mut self) {
        names::contents(&self.file).unlock(self.holder);
    }
}

/// A folder at the root, so that paths have one to begin with.
fn root() -> (PathBuf, Node) {
    (PathBuf::from("/"), Node::Folder)
}

#[cfg(test)]
mod tests;
