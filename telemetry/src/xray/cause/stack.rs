//! Reads stack traces as Rust, Java, JavaScript and Python write them.

use crate::xray::limits::FRAMES;

/// Most causes that are read of one trace.
const CAUSES: usize = 100;

/// A place in the program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) path: Option<String>,
    pub(super) line: Option<u32>,
    pub(super) label: String,
}

/// What a trace tells of one exception.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) kind: Option<String>,
    pub(super) message: Option<String>,
    pub(super) frames: Vec<Frame>,
    /// Frames beyond the limit, and those that the trace itself leaves out.
    pub(super) left_out: usize,
}

/// What the lines that follow are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Frames,
    /// Causes without a stack, one a line, as `anyhow` lists them.
    Causes,
    /// Python: the line of code behind a frame.
    Code,
}

/// The exception that the trace is of, then what caused it, and so on. Lines of no known form are labels as they stand.
pub(super) fn read(trace: &str, kind: Option<&str>, message: Option<&str>) -> Vec<Told> {
    let mut told = vec![Told::default()];
    let mut part = Part::Frames;
    for (number, full) in trace.lines().enumerate() {
        let line = full.trim();
        if line.is_empty() || is_heading(line, number, kind, message) {
            continue;
        }
        if let Some(rest) = line.strip_prefix("Caused by:") {
            part = if rest.trim().is_empty() { Part::Causes } else { Part::Frames };
            if part == Part::Frames {
                cause(&mut told, rest.trim(), true);
            }
            continue;
        }
        if line.eq_ignore_ascii_case("stack backtrace:") {
            // It is the outermost one's.
            part = Part::Frames;
            read_into(&mut told[0], &mut part, trace.lines().skip(number + 1));
            return told;
        }
        match part {
            Part::Causes => cause(&mut told, without_number(line), false),
            Part::Frames | Part::Code => {
                if let Some(last) = told.last_mut() {
                    frame(last, &mut part, line);
                }
            }
        }
    }
    told
}

/// Lines that say again what type and message say.
fn is_heading(line: &str, number: usize, kind: Option<&str>, message: Option<&str>) -> bool {
    let starts = |text: Option<&str>| text.is_some_and(|text| line.starts_with(text) || text.starts_with(line));
    let repeats = starts(message) || starts(kind) || kind.is_some_and(|kind| last_name(kind) == head(line));
    (number == 0 && repeats) || line == "Traceback (most recent call last):"
}

fn head(line: &str) -> &str {
    line.split(':').next().unwrap_or(line)
}

fn last_name(kind: &str) -> &str {
    kind.rsplit(['.', ':']).next().unwrap_or(kind)
}

fn cause(told: &mut Vec<Told>, line: &str, typed: bool) {
    if told.len() > CAUSES {
        return;
    }
    let (kind, message) = match line.split_once(": ").filter(|_| typed) {
        Some((kind, message)) => (Some(kind.to_owned()), Some(message.to_owned())),
        None if typed => (Some(line.to_owned()), None),
        None => (None, Some(line.to_owned())),
    };
    told.push(Told { kind, message, ..Told::default() });
}

fn read_into<'a>(told: &mut Told, part: &mut Part, lines: impl Iterator<Item = &'a str>) {
    lines.map(str::trim).filter(|line| !line.is_empty()).for_each(|line| frame(told, part, line));
}

fn frame(told: &mut Told, part: &mut Part, line: &str) {
    if *part == Part::Code && !line.starts_with("File \"") {
        *part = Part::Frames;
        return;
    }
    *part = Part::Frames;
    if let Some(more) = line.strip_prefix("... ").and_then(|rest| rest.split(' ').next()?.parse::<usize>().ok()) {
        told.left_out += more;
        return;
    }
    if let Some(location) = line.strip_prefix("at ").and_then(location) {
        // Rust tells the place of a frame on the line behind it.
        let is_place = told.frames.last().is_some_and(|last| last.path.is_none());
        if is_place && told.left_out == 0 {
            if let Some(last) = told.frames.last_mut() {
                (last.path, last.line) = (Some(location.0.to_owned()), Some(location.1));
            }
            return;
        }
        if told.left_out > 0 {
            return;
        }
    }
    if told.frames.len() == FRAMES {
        told.left_out += 1;
        return;
    }
    let (frame, next) = new_frame(line);
    *part = next;
    told.frames.push(frame);
}

fn new_frame(line: &str) -> (Frame, Part) {
    if let Some(frame) = python(line) {
        return (frame, Part::Code);
    }
    let frame = match line.strip_prefix("at ") {
        Some(rest) => called(rest),
        None => Frame { label: without_number(line).to_owned(), ..Frame::default() },
    };
    (frame, Part::Frames)
}

/// `File "PATH", line N, in LABEL`.
fn python(line: &str) -> Option<Frame> {
    let (path, rest) = line.strip_prefix("File \"")?.split_once('"')?;
    let rest = rest.strip_prefix(", line ")?;
    let (number, label) = rest.split_once(", in ").unwrap_or((rest, ""));
    Some(Frame { path: Some(path.to_owned()), line: number.parse().ok(), label: label.to_owned() })
}

/// `LABEL(PLACE)` as Java and JavaScript write it, or a place alone.
fn called(rest: &str) -> Frame {
    let label_and_place = rest.strip_suffix(')').and_then(|rest| rest.rsplit_once('('));
    let (label, place) = label_and_place.map_or(("", rest), |(label, place)| (label.trim(), place));
    match (location(place), label) {
        (Some((path, line)), label) => Frame { path: Some(path.to_owned()), line: Some(line), label: label.to_owned() },
        (None, "") => Frame { label: rest.to_owned(), ..Frame::default() },
        (None, label) => Frame { path: Some(place.to_owned()), line: None, label: label.to_owned() },
    }
}

/// `12: label` without the number.
fn without_number(line: &str) -> &str {
    let numbered = line.split_once(": ").filter(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()));
    numbered.map_or(line, |(_, label)| label)
}

/// `PATH:LINE` or `PATH:LINE:COLUMN`.
fn location(text: &str) -> Option<(&str, u32)> {
    if text.ends_with(')') {
        return None;
    }
    let (before, last) = text.rsplit_once(':')?;
    match before.rsplit_once(':') {
        Some((path, line)) if line.parse::<u32>().is_ok() => Some((path, line.parse().ok()?)),
        _ => Some((before, last.parse().ok()?)),
    }
}

#[cfg(test)]
mod tests;
