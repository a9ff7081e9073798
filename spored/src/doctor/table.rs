//! Findings as lines for people.

use spawn_cloud::checks::Checked;
use spawn_host::console;

/// A line for each finding, its remedy under it.
pub(super) fn table(checked: &[Checked]) -> String {
    let width = checked.iter().map(|checked| checked.check.len()).max().unwrap_or_default();
    let mut text = String::new();
    for Checked { check, finding } in checked {
        let what = plain(&finding.what);
        text.push_str(&format!("{:<4}  {check:<width$}  {what}\n", finding.level.word()));
        if let Some(remedy) = &finding.remedy {
            text.push_str(&format!("      {:<width$}  -> {}\n", "", plain(remedy)));
        }
    }
    text
}

fn plain(text: &str) -> String {
    console::escape(text).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use spawn_cloud::checks::Finding;

    #[test]
    fn a_remedy_stands_under_its_finding_and_nothing_reaches_the_terminal_raw() {
        let checked = [
            Checked { check: "region", finding: Finding::ok("us-east-1") },
            Checked { check: "agent", finding: Finding::fail("no\u{1b}[2J\nfail  all", "stop") },
        ];
        let expected = "\
ok    region  us-east-1
fail  agent   no\\u{1b}[2J fail  all
              -> stop
";
        assert_eq!(table(&checked), expected);
    }
}
