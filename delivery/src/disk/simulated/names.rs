//! Which names there are, and what they stand for.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::contents::Contents;
use super::root;
use crate::disk::Entry;

/// A file, whatever its names are, if it has any.
pub(super) type File = Arc<Mutex<Contents>>;

#[derive(Clone, Debug)]
pub(super) enum Node {
    Folder,
    File(File),
}

/// A tree of names.
#[derive(Clone, Debug)]
pub(super) struct Names(BTreeMap<PathBuf, Node>);

/// A change of names that a loss of power may undo.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Made(PathBuf, Node),
    Renamed(PathBuf, PathBuf),
    Removed(PathBuf),
}

pub(super) fn contents(file: &File) -> MutexGuard<'_, Contents> {
    file.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Names {
    pub(super) fn new() -> Self {
        Self(BTreeMap::from([root()]))
    }

    pub(super) fn has(&self, path: &Path) -> bool {
        self.0.contains_key(path)
    }

    pub(super) fn file(&self, path: &Path) -> io::Result<File> {
        match self.0.get(path) {
            Some(Node::File(file)) => Ok(Arc::clone(file)),
            Some(Node::Folder) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Fails unless there is such a folder.
    pub(super) fn folder(&self, path: &Path) -> io::Result<()> {
        match self.0.get(path) {
            Some(Node::Folder) => Ok(()),
            Some(Node::File(_)) => Err(io::ErrorKind::NotADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    pub(super) fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        self.folder(folder)?;
        let entry = |(path, node): (&PathBuf, &Node)| {
            let name = path.file_name()?.to_str()?.to_owned();
            let (is_folder, bytes) = match node {
                Node::Folder => (true, 0),
                Node::File(file) => (false, contents(file).size()),
            };
            (path.parent() == Some(folder)).then_some(Entry { name, is_folder, bytes })
        };
        Ok(self.below(folder).filter_map(entry).collect())
    }

    pub(super) fn files(&self) -> impl Iterator<Item = (&PathBuf, &File)> {
        self.0.iter().filter_map(|(path, node)| match node {
            Node::File(file) => Some((path, file)),
            Node::Folder => None,
        })
    }

    /// All names with a file's contents copied, so that nothing is shared.
    pub(super) fn copied(&self) -> Self {
        let copied = |node: &Node| match node {
            Node::Folder => Node::Folder,
            Node::File(file) => Node::File(Arc::new(Mutex::new(contents(file).copied()))),
        };
        Self(self.0.iter().map(|(path, node)| (path.clone(), copied(node))).collect())
    }

    pub(super) fn insert(&mut self, path: &Path, node: Node) {
        self.0.insert(path.to_owned(), node);
    }

    pub(super) fn remove_all(&mut self, folder: &Path) {
        self.0.retain(|path, _| !path.starts_with(folder));
    }

    /// Carries a change out, if that is possible still.
    pub(super) fn apply(&mut self, change: &Change) {
        match change {
            Change::Made(path, node) => self.insert(path, node.clone()),
            Change::Removed(path) => drop(self.0.remove(path)),
            Change::Renamed(from, to) => {
                let Some(node) = self.0.remove(from) else { return };
                if matches!(node, Node::Folder) {
                    self.move_below(from, to);
                }
                self.0.insert(to.clone(), node);
            }
        }
    }

    /// Takes out what has no folder, or an impossible one.
    pub(super) fn drop_orphans(&mut self) {
        // In order of names a folder comes before what is in it.
        let mut kept = BTreeMap::from([root()]);
        for (path, node) in std::mem::take(&mut self.0) {
            if path.parent().is_some_and(|parent| matches!(kept.get(parent), Some(Node::Folder))) {
                kept.insert(path, node);
            }
        }
        self.0 = kept;
    }

    fn move_below(&mut self, from: &Path, to: &Path) {
        let moved: Vec<PathBuf> = self.below(from).map(|(path, _)| path.clone()).collect();
        for path in moved {
            if let (Some(node), Ok(rest)) = (self.0.remove(&path), path.strip_prefix(from)) {
                self.0.insert(to.join(rest), node);
            }
        }
    }

    fn below<'a>(&'a self, folder: &'a Path) -> impl Iterator<Item = (&'a PathBuf, &'a Node)> {
        self.0.range(folder.to_owned()..).skip(1).take_while(move |(path, _)| path.starts_with(folder))
    }
}

impl Change {
    /// Whether the change is one of names in this folder.
    pub(super) fn is_in(&self, folder: &Path) -> bool {
        let within = |path: &Path| path.parent() == Some(folder);
        match self {
            Self::Made(path, _) | Self::Removed(path) => within(path),
            Self::Renamed(from, to) => within(from) || within(to),
        }
    }
}
