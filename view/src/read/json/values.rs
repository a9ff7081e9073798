//! Finds where JSON values begin and end in a text that comes line by line.

use super::is_whole;

/// Most bytes of one value.
const LONGEST: usize = 1 << 30;

/// Something that was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// An object, or a text in quotes.
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
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    /// The number of lines so far.
    lines: u64,
    /// The beginning of a value, and the line that it is in.
    begun: Vec<u8>,
    line: u64,
    depth: usize,
    in_text: bool,
    is_escaped: bool,
}

impl Values {
    /// Takes the next line.
    pub(super) fn line(&mut self, line: &[u8], take: &mut impl FnMut(Piece<'_>)) {
        self.lines += 1;
        // What was cut off swallows no whole document behind it.
        if !self.begun.is_empty() && line.starts_with(b"{\"") && is_whole(line) {
            take(Piece::Cut { line: self.line });
            self.forget();
        }
        let mut at = 0;
        while at < line.len() {
            if self.begun.is_empty() {
                at += line[at..].iter().take_while(|byte| is_between(**byte)).count();
                match line.get(at) {
                    None => return,
                    Some(b'{' | b'"') => self.line = self.lines,
                    Some(_) => {
                        take(Piece::Foreign { line: self.lines });
                        return;
                    }
                }
            }
            let end = self.end_of_value(&line[at..]);
            let to = at + end.unwrap_or(line.len() - at);
            self.begun.extend_from_slice(&line[at..to]);
            at = to;
            if end.is_some() {
                take(Piece::Value { line: self.line, json: &self.begun });
                self.forget();
            } else if self.begun.len() > LONGEST {
                take(Piece::TooLong { line: self.line });
                self.forget();
                return;
            }
        }
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
        (self.depth, self.in_text, self.is_escaped) = (0, false, false);
    }

    /// How many of these bytes there are up to the end of the value that has begun; none if it goes on behind them.
    fn end_of_value(&mut self, bytes: &[u8]) -> Option<usize> {
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
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                    _ => {}
                }
            }
            if self.depth == 0 && !self.in_text {
                return Some(at + 1);
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
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut take = |piece: Piece<'_>| {
            found.push(match piece {
                Piece::Value { line, json } => format!("{line} {}", str::from_utf8(json).unwrap()),
                other => format!("{other:?}"),
            });
        };
        let mut values = Values::default();
        text.split_inclusive('\n').for_each(|line| values.line(line.as_bytes(), &mut take));
        values.end(&mut take);
        found
    }

    #[test]
    fn values_are_found_in_lines_in_lists_and_over_lines() {
        let text = "{\"a\":\"}\\\"\"}\n\n  {\"b\":[\n{}]}{\"c\":1}\n[{\"d\":2},\"{}\",\n{\"e\":3}]\n";
        let found =
            ["1 {\"a\":\"}\\\"\"}", "3 {\"b\":[\n{}]}", "4 {\"c\":1}", "5 {\"d\":2}", "5 \"{}\"", "6 {\"e\":3}"];
        assert_eq!(pieces(text), found);
    }

    #[test]
    fn what_was_cut_off_costs_itself_alone() {
        let whole = r#"{"trace_id":"1","x":{}}"#;
        assert_eq!(
            pieces(&format!("{{\"resourceSpans\":[{{\"a\":\"\n{whole}\nrubbish {{}}\n{whole}\n{{\"x\":")),
            [
                "Cut { line: 1 }".to_owned(),
                format!("2 {whole}"),
                "Foreign { line: 3 }".to_owned(),
                format!("4 {whole}"),
                "Cut { line: 5 }".to_owned()
            ]
        );
    }
}
