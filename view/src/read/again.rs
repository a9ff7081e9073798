//! Files that are read, and read on from where the last reading ended.

mod signs;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::{Draft, Sink, folder, json, read, read_path};
use signs::{Sign, is_packed, is_read_once, is_text, sign, signs};

/// Bytes before the place where a reading ended, by which the same text is known again.
const KNOWN_BY: u64 = 4_096;

/// A path that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("failed to read {}", path.display())]
pub struct PathError {
    /// The path.
    pub path: PathBuf,
    /// Why not.
    #[source]
    pub source: io::Error,
}

/// Reads files, folders and standard input, and at the next reading what has come since.
///
/// JSON is read on behind the last whole line. Everything else, and what has shrunk or was replaced, is read anew if it has
/// changed. Standard input and pipes are read once.
#[derive(Debug)]
pub struct Reader {
    paths: Vec<PathBuf>,
    must_be_there: bool,
    follows: bool,
    files: BTreeMap<PathBuf, Source>,
}

/// What was read of a file, a folder or a spool.
#[derive(Debug, Default)]
struct Source {
    signs: Vec<Sign>,
    /// How far a text was read.
    progress: Option<(json::Progress, Vec<u8>)>,
    count: usize,
    problems: Vec<String>,
}

impl Reader {
    /// Of these paths. Those that are not there are passed over, unless they must be.
    #[must_use]
    pub const fn new(paths: Vec<PathBuf>, must_be_there: bool) -> Self {
        Self { paths, must_be_there, follows: false, files: BTreeMap::new() }
    }

    /// The same, to be read again and again: what a text ends with may be the beginning of something.
    #[must_use]
    pub fn following(self) -> Self {
        Self { follows: true, ..self }
    }

    /// Reads what is there, or what is new; whether anything was.
    ///
    /// # Errors
    ///
    /// A path that must be there cannot be read at all.
    pub fn read(&mut self, sink: &mut dyn Sink) -> Result<bool, PathError> {
        let mut is_new = false;
        for path in self.paths.clone() {
            match self.path(&path, sink) {
                Ok(of_path) => is_new |= of_path,
                Err(error) if !self.must_be_there && error.kind() == io::ErrorKind::NotFound => {}
                Err(source) if self.must_be_there => return Err(PathError { path, source }),
                Err(error) => {
                    let problem = format!("{} cannot be read: {error}; the rest is shown", path.display());
                    self.files.entry(path).or_default().problems = vec![problem];
                }
            }
        }
        Ok(is_new)
    }

    /// What could not be read.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let of = |(path, source): (&PathBuf, &Source)| {
            let has_nothing = source.count == 0 && source.problems.is_empty() && source.progress.is_some();
            let nothing = has_nothing.then(|| match source.signs.first() {
                Some((_, _, 0, _)) => format!("{} is empty", path.display()),
                _ => format!("{} has no spans in it", path.display()),
            });
            source.problems.iter().cloned().chain(nothing).collect::<Vec<_>>()
        };
        self.files.iter().flat_map(of).collect()
    }

    /// How many bytes there are to be read, packed ones unpacked as most are.
    #[must_use]
    pub fn length(&self) -> u64 {
        let signs = self.paths.iter().flat_map(|path| signs(path));
        signs.map(|(path, _, length, _)| if is_packed(&path) { length.saturating_mul(16) } else { length }).sum()
    }

    /// The next reading is of everything again.
    pub fn forget(&mut self) {
        // What can be read once is not forgotten.
        self.files.retain(|path, _| is_read_once(path));
    }

    fn path(&mut self, path: &Path, sink: &mut dyn Sink) -> io::Result<bool> {
        if is_read_once(path) {
            if self.files.contains_key(path) {
                return Ok(false);
            }
            let gathered = read_path(path)?;
            sink.anew(path);
            let count = gathered.spans.len();
            gathered.spans.into_iter().for_each(|span| sink.take(span));
            self.files.insert(path.to_owned(), Source { count, problems: gathered.problems, ..Source::default() });
            return Ok(true);
        }
        if fs::metadata(path)?.is_dir() { self.folder(path, sink) } else { self.file(path, sink) }
    }

    fn folder(&mut self, path: &Path, sink: &mut dyn Sink) -> io::Result<bool> {
        let signs = signs(path);
        if self.files.get(path).is_some_and(|source| source.signs == signs) {
            return Ok(false);
        }
        let mut of_spool = Vec::new();
        let mut draft = Draft::new(&mut of_spool);
        let files = folder::spool_or_files(path, &mut draft)?;
        let source = Source { signs, problems: draft.told(), count: of_spool.len(), progress: None };
        sink.anew(path);
        of_spool.into_iter().for_each(|span| sink.take(span));
        self.files.insert(path.to_owned(), source);
        let files = files.unwrap_or_default();
        // Files that are in it no more.
        let gone: Vec<PathBuf> =
            self.files.keys().filter(|file| file.parent() == Some(path) && !files.contains(file)).cloned().collect();
        let named = |file: &PathBuf| self.paths.contains(file);
        for file in gone.iter().filter(|file| !named(file)) {
            sink.anew(file);
            self.files.remove(file);
        }
        for file in &files {
            if let Err(error) = self.file(file, sink) {
                let problem = format!("{} cannot be read: {error}", file.display());
                self.files.entry(file.clone()).or_default().problems = vec![problem];
            }
        }
        Ok(true)
    }

    fn file(&mut self, path: &Path, sink: &mut dyn Sink) -> io::Result<bool> {
        let mut opened = File::open(path)?;
        let sign = sign(path, &opened.metadata()?);
        if self.files.get(path).is_some_and(|source| source.signs.first() == Some(&sign)) {
            return Ok(false);
        }
        let mut source = match self.files.remove(path) {
            Some(before) if before.is_the_beginning_of(&sign, &mut opened)? => {
                sink.further(path);
                before
            }
            _ => {
                sink.anew(path);
                Source::default()
            }
        };
        source.signs = vec![sign];
        source.read_on(path, opened, self.follows, sink)?;
        self.files.insert(path.to_owned(), source);
        Ok(true)
    }
}

impl Source {
    /// Whether the file is the one that was read, and begins with what was read.
    fn is_the_beginning_of(&self, (_, id, length, _): &Sign, file: &mut File) -> io::Result<bool> {
        let (Some((progress, known)), Some((_, own, ..))) = (&self.progress, self.signs.first()) else {
            return Ok(false);
        };
        if own != id || *length < progress.read {
            return Ok(false);
        }
        let mut there = vec![0; known.len()];
        file.seek(SeekFrom::Start(progress.read - known.len() as u64))?;
        file.read_exact(&mut there)?;
        Ok(there == *known)
    }

    fn read_on(&mut self, path: &Path, mut file: File, follows: bool, sink: &mut dyn Sink) -> io::Result<()> {
        let name = path.display().to_string();
        let (mut progress, _) = self.progress.take().unwrap_or_default();
        file.seek(SeekFrom::Start(progress.read))?;
        let mut bytes = BufReader::with_capacity(1 << 16, file);
        let mut draft = Draft::new(sink);
        if !follows || (progress.read == 0 && !is_text(bytes.fill_buf()?)) {
            read(&name, bytes, &mut draft);
        } else {
            if let Err(error) = progress.read_on(&name, &mut bytes, &mut draft) {
                draft.problem(format!("{name} cannot be read to its end: {error}; what came before was read"));
            }
            let mut known = Vec::new();
            let from = progress.read.saturating_sub(KNOWN_BY);
            bytes.seek(SeekFrom::Start(from))?;
            bytes.take(progress.read - from).read_to_end(&mut known)?;
            self.progress = Some((progress, known));
        }
        self.count += draft.count;
        self.problems.extend(draft.told());
        Ok(())
    }
}
