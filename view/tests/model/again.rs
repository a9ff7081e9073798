//! Files that are read again.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use spawn_view::{Reader, Sink, Span, otlp_json};

use super::samples::*;

/// What was told of a reading: spans by name, and files that began anew as `/`.
#[derive(Default)]
struct Told(Vec<String>);

impl Sink for Told {
    fn anew(&mut self, _: &Path) {
        self.0.push("/".to_owned());
    }

    fn take(&mut self, span: Span) {
        self.0.push(span.name);
    }
}

fn line(name: &str) -> String {
    otlp_json(&[span(1, 0, name, 0, 9)]) + "\n"
}

/// What the next reading tells; nothing if there was nothing new.
fn next(reader: &mut Reader) -> Option<String> {
    let mut told = Told::default();
    reader.read(&mut told).unwrap().then(|| told.0.join(" "))
}

fn append(path: &Path, bytes: &[u8]) {
    OpenOptions::new().append(true).open(path).unwrap().write_all(bytes).unwrap();
}

fn file() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spans.jsonl");
    (folder, path)
}

fn follow(path: &Path) -> Reader {
    Reader::new(vec![path.to_owned()], true).following()
}

#[test]
fn a_text_that_grows_is_read_on_and_a_line_that_is_not_finished_waits() {
    let (_folder, path) = file();
    let (second, cut) = (line("second"), 20);
    fs::write(&path, line("first") + &second[..cut]).unwrap();
    let mut reader = follow(&path);
    assert_eq!(next(&mut reader).as_deref(), Some("/ first"));
    assert_eq!(next(&mut reader), None);
    append(&path, &second.as_bytes()[cut..cut + 9]);
    assert_eq!(next(&mut reader).as_deref(), Some(""));
    append(&path, (second[cut + 9..].to_owned() + &line("third")).as_bytes());
    assert_eq!(next(&mut reader).as_deref(), Some("second third"));
    assert_eq!((next(&mut reader), reader.problems()), (None, Vec::new()));
}

#[test]
fn a_last_line_without_its_end_is_read_once_if_it_is_whole() {
    let (_folder, path) = file();
    fs::write(&path, line("first") + line("second").trim_end()).unwrap();
    let mut reader = follow(&path);
    assert_eq!(next(&mut reader).as_deref(), Some("/ first second"));
    append(&path, format!("\nrubbish\n{}", line("fourth")).as_bytes());
    assert_eq!(next(&mut reader).as_deref(), Some("fourth"));
    let told = format!("{}, line 3: it is no JSON; it was passed over", path.display());
    assert_eq!(reader.problems(), [told]);
}

#[test]
fn a_file_that_shrank_was_replaced_or_written_anew_is_read_anew() {
    let (folder, path) = file();
    fs::write(&path, line("first") + &line("second")).unwrap();
    let mut reader = follow(&path);
    assert_eq!(next(&mut reader).as_deref(), Some("/ first second"));
    fs::write(&path, line("shorter")).unwrap();
    assert_eq!(next(&mut reader).as_deref(), Some("/ shorter"));
    // The same file, and longer, but not the same text.
    fs::write(&path, line("other..") + &line("longer")).unwrap();
    assert_eq!(next(&mut reader).as_deref(), Some("/ other.. longer"));
    let new = folder.path().join("new");
    fs::write(&new, line("other..") + &line("longer") + &line("replaced")).unwrap();
    fs::rename(&new, &path).unwrap();
    assert_eq!(next(&mut reader).as_deref(), Some("/ other.. longer replaced"));
}

#[test]
fn what_is_packed_is_read_anew_when_it_has_changed() {
    let (_folder, path) = file();
    let packed = |text: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    fs::write(&path, packed(&line("first"))).unwrap();
    let mut reader = follow(&path);
    assert_eq!(next(&mut reader).as_deref(), Some("/ first"));
    assert_eq!(next(&mut reader), None);
    append(&path, &packed(&line("second")));
    assert_eq!(next(&mut reader).as_deref(), Some("/ first second"));
}

#[test]
fn files_come_into_a_folder_grow_and_go() {
    let (folder, path) = file();
    fs::write(&path, line("first")).unwrap();
    let mut reader = follow(folder.path());
    assert_eq!(next(&mut reader).as_deref(), Some("/ / first"), "the folder, and the file");
    let other = folder.path().join("other.jsonl");
    fs::write(&other, line("other")).unwrap();
    append(&path, line("second").as_bytes());
    assert_eq!(next(&mut reader).as_deref(), Some("/ / other second"));
    fs::remove_file(&other).unwrap();
    assert_eq!(next(&mut reader).as_deref(), Some("/ /"), "the folder, and the file that is gone");
    assert_eq!((next(&mut reader), reader.problems()), (None, Vec::new()));
}

#[test]
fn what_is_not_there_fails_or_waits_as_it_is_asked_to() {
    let (_folder, path) = file();
    assert!(follow(&path).read(&mut Told::default()).is_err());
    let mut reader = Reader::new(vec![path.clone()], false).following();
    assert_eq!((next(&mut reader), reader.problems()), (None, Vec::new()));
    fs::write(&path, "").unwrap();
    assert_eq!(next(&mut reader).as_deref(), Some("/"));
    assert_eq!(reader.problems(), [format!("{} is empty", path.display())]);
    append(&path, line("late").as_bytes());
    assert_eq!(next(&mut reader).as_deref(), Some("late"));
    assert_eq!(reader.problems(), Vec::<String>::new());
}
