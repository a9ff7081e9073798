//! Finds where JSON values begin and end in a text that comes line by line, or in parts of lines.

mod open;

use super::is_whole;
use open::{ENDS, Open, SPANS};

/// Bytes of one value from which on a document of spans is taken in pieces.
pub(super) const LONG: usize = 8 << 20;
/// Most bytes of any other value: what is made of them takes ten times as much.
const LONGEST: usize = 256 << 20;

/// Something that was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// An object, or a text in quotes; of a long document of spans, a document of some of them.
    Value {
        /// Where it begins, from 1.
        line: u64,
        /// All of it.
        json: &'a [u8],
    },
    /// The beginning of a value.
    Cut {
        /// Where it begins.
        line: u64,
    },
    /// Something else.
    Foreign {
        /// Where it is.
        line: u64,
    },
    /// A value that is too long.
    TooLong {
        /// Where it begins.
        line: u64,
    },
}

/// The values of a text. A list around values is none: what is in it comes one by one.
#[derive(Clone, Debug)]
pub(super) struct Values {
    /// Bytes from which on a value is long.
    long: usize,
    /// The number of lines so far.
    lines: u64,
    /// The beginning of a value, and the line that it is in.
    begun: Vec<u8>,
    line: u64,
    depth: usize,
    in_text: bool,
    is_escaped: bool,
    open: Open,
    /// A comma may come that was between a span of one piece and one of the next.
    after_piece: bool,
    /// The rest of the line is that of something that was left.
    passes_over: bool,
}

impl Default for Values {
    fn default() -> Self {
        Self::pieces_of(LONG)
    }
}

/// What was come to.
enum Stop {
    /// The end of the value.
    End(usize),
    /// The end of a span of a long document.
    Span(usize),
}

impl Values {
    /// Values of which those are long that have so many bytes.
    pub(super) fn pieces_of(long: usize) -> Self {
        Self {
            long,
            lines: 0,
            begun: Vec::new(),
            line: 0,
            depth: 0,
            in_text: false,
            is_escaped: false,
            open: Open::default(),
            after_piece: false,
            passes_over: false,
        }
    }

    /// Takes the next line.
    pub(super) fn line(&mut self, line: &[u8], take: &mut impl FnMut(Piece<'_>)) {
        self.begin_line();
        // What was cut off swallows no whole document behind it.
        if !self.begun.is_empty() && line.starts_with(b"{\"") && is_whole(line) {
            take(Piece::Cut { line: self.line });
            self.forget();
        }
        self.part(line, take);
    }

    /// The next part is the first one of a line.
    pub(super) const fn begin_line(&mut self) {
        self.lines += 1;
        self.passes_over = false;
    }

    /// Takes the next part of a line.
    pub(super) fn part(&mut self, line: &[u8], take: &mut impl FnMut(Piece<'_>)) {
        let mut at = 0;
        while at < line.len() && !self.passes_over {
            if self.begun.is_empty() {
                at += line[at..].iter().take_while(|byte| is_between(**byte)).count();
                match line.get(at) {
                    None => return,
                    Some(b'{' | b'"') => self.line = self.lines,
                    Some(_) => {
                        self.passes_over = true;
                        take(Piece::Foreign { line: self.lines });
                        return;
                    }
                }
            }
            if self.after_piece {
                at += line[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
                let Some(byte) = line.get(at) else { return };
                at += usize::from(*byte == b',');
                self.after_piece = false;
            }
            let stop = self.stop(&line[at..]);
            let length = match stop {
                Some(Stop::End(length) | Stop::Span(length)) => length,
                None => line.len() - at,
            };
            if let (Some(Stop::End(_)), true) = (&stop, self.begun.is_empty()) {
                // As almost all are: within one line, so nothing is copied.
                take(Piece::Value { line: self.line, json: &line[at..at + length] });
                self.forget();
                at += length;
                continue;
            }
            self.begun.extend_from_slice(&line[at..at + length]);
            at += length;
            match stop {
                Some(Stop::End(_)) => {
                    take(Piece::Value { line: self.line, json: &self.begun });
                    self.forget();
                }
                Some(Stop::Span(_)) if self.open.has_spans(&self.begun) => self.take_piece(take),
                _ if self.begun.len() > LONGEST => {
                    take(Piece::TooLong { line: self.line });
                    self.forget();
                    self.passes_over = true;
                }
                _ => {}
            }
        }
    }

    /// Takes the spans that are there as a document of their own.
    fn take_piece(&mut self, take: &mut impl FnMut(Piece<'_>)) {
        self.begun.extend_from_slice(ENDS);
        take(Piece::Value { line: self.line, json: &self.begun });
        self.open.forget_spans(&mut self.begun);
        self.after_piece = true;
    }

    /// Whether this is a line's beginning after which nothing would be missing.
    pub(super) fn would_be_whole(&self, line: &[u8]) -> bool {
        let (mut ahead, mut is_whole) = (self.clone(), true);
        ahead.line(line, &mut |piece| is_whole &= matches!(piece, Piece::Value { .. }));
        is_whole && ahead.begun.is_empty()
    }

    /// What comes next is of the same line as what came last.
    pub(super) fn goes_on(&mut self) {
        self.lines = self.lines.saturating_sub(1);
    }

    /// Takes the end of the text.
    pub(super) fn end(&mut self, take: &mut impl FnMut(Piece<'_>)) {
        if !self.begun.is_empty() {
            take(Piece::Cut { line: self.line });
            self.forget();
        }
    }

    fn forget(&mut self) {
        self.begun.clear();
        (self.depth, self.in_text, self.is_escaped, self.after_piece) = (0, false, false, false);
    }

    /// How many of these bytes there are up to the end of the value that has begun, or of a span if it is long; none if it goes
    /// on behind them.
    fn stop(&mut self, bytes: &[u8]) -> Option<Stop> {
        let begun = self.begun.len();
        for (at, byte) in bytes.iter().enumerate() {
            if self.in_text {
                match byte {
                    _ if self.is_escaped => self.is_escaped = false,
                    b'\\' => self.is_escaped = true,
                    b'"' => self.in_text = false,
                    _ => {}
                }
            } else {
                match byte {
                    b'"' => self.in_text = true,
                    b'{' | b'[' => {
                        self.depth += 1;
                        self.open.at(self.depth, begun + at);
                    }
                    b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                    _ => {}
                }
            }
            if self.depth == 0 && !self.in_text {
                return Some(Stop::End(at + 1));
            }
            if self.depth == SPANS && *byte == b'}' && !self.in_text && begun + at >= self.long {
                return Some(Stop::Span(at + 1));
            }
        }
        None
    }
}

/// Whether the byte stands between values: white space, a record separator, and what a list is written with.
fn is_between(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b',' | b'[' | b']' | 0x1e)
}

#[cfg(test)]
mod tests;
