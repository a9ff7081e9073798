//! What the commands show to people: tables on stdout, and messages on stderr.

use anyhow::{Context, Result};
use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use serde::Serialize;
use spawn_cloud::instances::Instance;
use spawn_config::tags;
use spawn_host::console::{self, escape};
use terminal_size::{Height, Width, terminal_size_of};

/// Width of what goes before a message's first line, `spawn: `, and before its further ones.
const MESSAGE_INDENTS: [&str; 2] = ["       ", "  "];
/// A narrower terminal than this gets lines of this width: one word a line helps nobody.
const NARROWEST: usize = 40;

/// Instances as a launch answers with them.
pub(crate) fn table(instances: &[Instance]) -> String {
    let rows = instances.iter().map(|instance| {
        let tag = |key: &str| instance.tags.get(key).map_or("-", String::as_str).to_owned();
        let address = instance.public_ip.as_deref().or(instance.private_ip.as_deref());
        vec![
            instance.instance_id.clone(),
            tag("Name"),
            instance.instance_type.clone(),
            instance.state.clone(),
            instance.availability_zone.clone().unwrap_or_else(|| "-".to_owned()),
            address.unwrap_or("-").to_owned(),
            tag(tags::TTL),
        ]
    });
    grid(stdout_width(), &["INSTANCE", "NAME", "TYPE", "STATE", "ZONE", "ADDRESS", "TTL"], rows)
}

/// A table without lines, at most so wide. Only the column NAME breaks, whose text the user chose: an id in two halves
/// can be neither copied nor searched.
pub(crate) fn grid(width: Option<usize>, header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_header(header);
    if let Some(width) = width.and_then(|width| u16::try_from(width).ok()) {
        table.set_width(width);
    }
    for row in rows {
        // A line break in a name would make a row that no instance has.
        table.add_row(row.iter().map(|cell| escape(cell).replace('\n', "\\n")));
    }
    let last = header.len().saturating_sub(1);
    for (index, (column, name)) in table.column_iter_mut().zip(header).enumerate() {
        column.set_padding((0, if index == last { 0 } else { 2 }));
        if *name != "NAME" {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned() + "\n");
    lines.collect()
}

/// Lines of a name and a value, the values below each other; a value may have several lines.
pub(crate) fn pairs(pairs: &[(&str, String)]) -> String {
    let widest = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let shown = pairs.iter().map(|(name, value)| {
        let value = escape(value).replace('\n', &format!("\n{:widest$}  ", ""));
        format!("{name:widest$}  {value}\n")
    });
    shown.collect()
}

/// Width of the terminal that stdout is; `None` elsewhere.
pub(crate) fn stdout_width() -> Option<usize> {
    stdout_size().map(|(width, _)| width)
}

/// Width and height of the terminal that stdout is; `None` elsewhere.
pub(crate) fn stdout_size() -> Option<(usize, usize)> {
    let (Width(width), Height(height)) = terminal_size_of(std::io::stdout())?;
    Some((usize::from(width), usize::from(height)))
}

/// Prints data.
pub(crate) fn data(text: &str) -> Result<()> {
    console::data(text).context("failed to write the answer to stdout")
}

/// Prints a value as JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    data(&(serde_json::to_string_pretty(value)? + "\n"))
}

/// Tells the user something, in lines that fit the terminal.
pub(crate) fn message(text: &str) {
    let width = terminal_size_of(std::io::stderr()).map(|(Width(width), _)| usize::from(width));
    console::message("spawn", &wrapped(text, width));
}

fn wrapped(text: &str, width: Option<usize>) -> String {
    let Some(width) = width else { return text.to_owned() };
    let [first, further] = MESSAGE_INDENTS;
    // A policy statement or an address is copied: it stays whole even where it is wider than the terminal.
    let options = textwrap::Options::new(width.max(NARROWEST))
        .initial_indent(first)
        .subsequent_indent(further)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let lines = textwrap::wrap(text, options).into_iter();
    lines.map(|line| line.trim_start().to_owned()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const HEADER: [&str; 4] = ["INSTANCE", "NAME", "STATE", "ADDRESS"];

    fn shown(width: Option<usize>, name: &str) -> String {
        let row = ["i-0123456789abcdef0", name, "running", "10.0.0.7"].map(str::to_owned);
        grid(width, &HEADER, [row.to_vec()])
    }

    #[test]
    fn a_launch_has_a_line_for_each_instance() {
        let instance = Instance {
            instance_id: "i-0123456789abcdef0".to_owned(),
            state: "running".to_owned(),
            instance_type: "t3.micro".to_owned(),
            platform: None,
            image_id: None,
            availability_zone: Some("us-east-1a".to_owned()),
            public_ip: None,
            private_ip: Some("10.0.0.7".to_owned()),
            launched_at: None,
            spot: false,
            tags: BTreeMap::from([("Name".to_owned(), "web".to_owned())]),
        };
        let table = table(&[instance]);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 2);
        let cells: Vec<&str> = lines[1].split_whitespace().collect();
        assert_eq!(cells, ["i-0123456789abcdef0", "web", "t3.micro", "running", "us-east-1a", "10.0.0.7", "-"]);
    }

    #[test]
    fn a_long_name_breaks_and_ids_and_addresses_stay_whole() {
        let shown = shown(Some(60), "a name of many words that does not fit beside all the rest");
        assert!(shown.lines().all(|line| line.chars().count() <= 60), "{shown}");
        assert!(
            shown.lines().count() > 2 && shown.contains("i-0123456789abcdef0") && shown.contains("10.0.0.7"),
            "{shown}"
        );
    }

    #[test]
    fn a_hostile_name_cannot_reach_the_terminal() {
        let shown = shown(None, "a\u{1b}[2J\rb\u{202e}\ni-0");
        assert!(shown.contains("a\\u{1b}[2J\\u{d}b\\u{202e}\\ni-0"), "{shown:?}");
        assert_eq!(shown.lines().count(), 2, "{shown:?}");
        assert!(!shown.contains(['\u{1b}', '\r', '\u{202e}']), "{shown:?}");
    }

    #[test]
    fn a_message_is_wrapped_to_the_terminal_and_nowhere_else() {
        let text = "no instance is named web; `spawn list` shows those that there are";
        assert_eq!(wrapped(text, None), text);
        assert_eq!(wrapped(text, Some(40)), "no instance is named web; `spawn\nlist` shows those that there are");
        let statement = format!("add {}", "x".repeat(60));
        assert_eq!(wrapped(&statement, Some(40)), format!("add\n{}", "x".repeat(60)));
    }

    #[test]
    fn values_stand_below_each_other() {
        let pairs = [("state", "running".to_owned()), ("name", "a\nb".to_owned())];
        assert_eq!(super::pairs(&pairs), "state  running\nname   a\n       b\n");
    }
}
