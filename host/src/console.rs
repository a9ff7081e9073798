//! The boundary to the person or program at the other end: data on stdout, messages on stderr, outside text escaped.

use spawn_config::is_hostile;
use std::io::{self, ErrorKind, Write};

/// Prints data. A reader that has gone away (`| head`) wanted no more of it.
///
/// # Errors
/// If the data did not arrive for another reason, such as a full disk.
pub fn data(text: &str) -> io::Result<()> {
    forgive(write(&mut io::stdout().lock(), text))
}

/// Tells the user something, as the named program. Where nobody listens, there is nobody to tell that.
pub fn message(program: &str, text: &str) {
    // Further lines are set in: a text from outside cannot pass for another message.
    drop(write(&mut io::stderr().lock(), &format!("{program}: {}\n", escape(text).replace('\n', "\n  "))));
}

/// Asks the user something, on the same line as the answer.
pub fn question(text: &str) {
    drop(write(&mut io::stderr().lock(), &escape(text)));
}

/// Text from outside (tags, AWS's messages) cannot move the cursor, ring, recolour, hide or turn the direction of reading.
#[must_use]
pub fn escape(text: &str) -> String {
    let hides = |c: char| c != '\n' && is_hostile(c);
    text.chars().map(|c| if hides(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}

fn write(to: &mut impl Write, text: &str) -> io::Result<()> {
    to.write_all(text.as_bytes())?;
    to.flush()
}

fn forgive(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_cannot_reach_the_terminal() {
        assert_eq!(escape("a\u{1b}[2J\rb\u{202e}"), "a\\u{1b}[2J\\u{d}b\\u{202e}");
        assert_eq!(escape("\u{9b}31m\u{200f}\u{2028}\u{7f}"), "\\u{9b}31m\\u{200f}\\u{2028}\\u{7f}");
        assert_eq!(escape("pay\u{200b}roll\u{feff}\u{e0041}\nGröße"), "pay\\u{200b}roll\\u{feff}\\u{e0041}\nGröße");
    }

    #[test]
    fn a_reader_that_has_gone_is_no_failure_and_a_full_disk_is() {
        assert!(forgive(Err(ErrorKind::BrokenPipe.into())).is_ok());
        assert_eq!(forgive(Err(ErrorKind::StorageFull.into())).unwrap_err().kind(), ErrorKind::StorageFull);
    }
}
