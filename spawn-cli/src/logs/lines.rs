//! Bytes that a task has written, as they are shown: as they are to a program, line by line to a person or with others'.

use spawn_host::console::escape;

/// A line that is longer than this goes out in parts.
const LONGEST: usize = 64 * 1_024;

/// One stream of one task.
#[derive(Debug)]
pub(super) struct Lines {
    /// What each line begins with, where several tasks are shown.
    prefix: Option<String>,
    /// Whether a terminal shows it, which a command's bytes must not steer.
    terminal: bool,
    /// A line whose end has not come.
    rest: Vec<u8>,
}

impl Lines {
    pub(super) fn new(prefix: Option<String>, terminal: bool) -> Self {
        Self { prefix, terminal, rest: Vec::new() }
    }

    /// What there is to show of these bytes by now.
    pub(super) fn take(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        if self.prefix.is_none() && !self.terminal {
            return bytes;
        }
        let mut shown = Vec::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.rest.extend_from_slice(part);
            if part.ends_with(b"\n") || self.rest.len() > LONGEST {
                self.line(&mut shown);
            }
        }
        shown
    }

    /// The last line, if it has no end.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        let mut shown = Vec::new();
        if !self.rest.is_empty() {
            self.line(&mut shown);
        }
        shown
    }

    fn line(&mut self, shown: &mut Vec<u8>) {
        let line = std::mem::take(&mut self.rest);
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        shown.extend_from_slice(self.prefix.as_deref().unwrap_or_default().as_bytes());
        if self.terminal {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let text = String::from_utf8_lossy(line);
            // Columns are harmless, and logs have them.
            let text: Vec<String> = text.split('\t').map(escape).collect();
            shown.extend_from_slice(text.join("\t").as_bytes());
        } else {
            shown.extend_from_slice(line);
        }
        shown.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(lines: &mut Lines, parts: &[&[u8]]) -> String {
        let mut shown: Vec<u8> = parts.iter().flat_map(|part| lines.take(part.to_vec())).collect();
        shown.extend(lines.finish());
        String::from_utf8(shown).unwrap()
    }

    #[test]
    fn one_task_is_shown_to_a_program_byte_by_byte() {
        let mut lines = Lines::new(None, false);
        assert_eq!(lines.take(b"a\x1b[2J\xff".to_vec()), b"a\x1b[2J\xff");
        assert!(lines.finish().is_empty());
    }

    #[test]
    fn a_line_of_several_tasks_begins_with_its_own_wherever_it_was_cut() {
        let mut lines = Lines::new(Some("[3] ".to_owned()), false);
        assert_eq!(shown(&mut lines, &[b"one\ntw", b"o\n\nthr", b"ee"]), "[3] one\n[3] two\n[3] \n[3] three\n");
    }

    #[test]
    fn a_command_cannot_steer_the_terminal() {
        let mut lines = Lines::new(None, true);
        let hostile: &[&[u8]] = &[b"a\tb\x1b]0;x\x07\r\n", "\u{202e}ä".as_bytes(), b"\xff"];
        assert_eq!(shown(&mut lines, hostile), "a\tb\\u{1b}]0;x\\u{7}\n\\u{202e}ä\u{fffd}\n");
    }

    #[test]
    fn a_character_in_two_chunks_stays_whole() {
        let mut lines = Lines::new(None, true);
        assert_eq!(shown(&mut lines, &[b"\xc3", b"\xa4\n"]), "ä\n");
    }

    #[test]
    fn a_line_without_an_end_is_not_kept_for_ever() {
        let mut lines = Lines::new(None, true);
        let most = (0..20).map(|_| {
            let shown = lines.take(vec![b'x'; 10_000]).len();
            (shown, lines.rest.len())
        });
        let (shown, kept): (Vec<usize>, Vec<usize>) = most.unzip();
        assert!(kept.iter().all(|kept| *kept <= LONGEST) && shown.iter().sum::<usize>() > 100_000, "{kept:?}");
    }

    proptest! {
        #[test]
        fn whatever_is_written_no_control_character_but_the_ends_of_lines_and_columns_is_shown(
            parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..6)
        ) {
            let mut lines = Lines::new(Some("[1] ".to_owned()), true);
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            let shown = shown(&mut lines, &parts);
            prop_assert!(shown.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'), "{shown:?}");
        }
    }
}
