//! Findings as lines for people.

use spawn_cloud::checks::Checked;
use spawn_host::console::escape;

/// A line for each finding, its remedy under it, broken where the terminal ends.
pub(super) fn table(checked: &[Checked], width: Option<usize>) -> String {
    let column = checked.iter().map(|checked| checked.check.len()).max().unwrap_or_default();
    let mut text = String::new();
    for Checked { check, finding } in checked {
        let first = format!("{:<4}  {check:<column$}  ", finding.level.word());
        text.push_str(&lines(&first, &finding.what, width));
        if let Some(remedy) = &finding.remedy {
            text.push_str(&lines(&format!("{:1$}-> ", "", column + 8), remedy, width));
        }
    }
    text
}

fn lines(first: &str, said: &str, width: Option<usize>) -> String {
    let said = escape(said).replace('\n', " ");
    let indent = " ".repeat(first.len());
    // A statement or an ARN is copied: it stays whole even where it is wider than the terminal.
    let options = textwrap::Options::new(width.unwrap_or(usize::MAX).max(first.len() + 20))
        .initial_indent(first)
        .subsequent_indent(&indent)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(&said, options).join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use spawn_cloud::checks::Finding;

    #[test]
    fn a_remedy_stands_under_its_finding_and_long_ones_are_broken_between_words() {
        let checked = [
            Checked { check: "region", finding: Finding::ok("eu-central-1") },
            Checked {
                check: "clock",
                finding: Finding::fail("far behind the clock of\u{1b} AWS", "set the clock of this machine"),
            },
        ];
        let expected = "\
ok    region  eu-central-1
fail  clock   far behind the clock
              of\\u{1b} AWS
              -> set the clock of
                 this machine
";
        assert_eq!(table(&checked, Some(37)), expected);
    }
}
