//! What the commands answer: instances as a table or JSON on stdout, and messages on stderr.

use anyhow::{Context, Result};
use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use serde::Serialize;
use spawn_cloud::instances::Instance;
use spawn_config::tags;
use spawn_host::console::{self, escape};

/// Where the table has the only column whose text the user chose.
const NAME_COLUMN: usize = 1;

/// Instances as a table that fits the terminal.
pub(crate) fn table(instances: &[Instance]) -> String {
    lines(Table::new(), instances)
}

fn lines(mut table: Table, instances: &[Instance]) -> String {
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["INSTANCE", "NAME", "TYPE", "STATE", "ZONE", "ADDRESS", "TTL"]);
    for instance in instances {
        let tag = |key: &str| instance.tags.get(key).map_or("-", String::as_str);
        let address = instance.public_ip.as_deref().or(instance.private_ip.as_deref()).unwrap_or("-");
        let zone = instance.availability_zone.as_deref().unwrap_or("-");
        let cells = [
            instance.instance_id.as_str(),
            tag("Name"),
            &instance.instance_type,
            &instance.state,
            zone,
            address,
            tag(tags::TTL),
        ];
        // A line break in a name would make a row that no instance has.
        table.add_row(cells.map(|cell| escape(cell).replace('\n', "\\n")));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        // Only a name may be broken over lines: an id in two halves can be neither copied nor searched.
        if index != NAME_COLUMN {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned() + "\n");
    lines.collect()
}

/// Prints data.
pub(crate) fn data(text: &str) -> Result<()> {
    console::data(text).context("failed to write the answer to stdout")
}

/// Prints a value as JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    data(&(serde_json::to_string_pretty(value)? + "\n"))
}

/// Tells the user something.
pub(crate) fn message(text: &str) {
    console::message("spawn", text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn instance(name: &str) -> Instance {
        Instance {
            instance_id: "i-0123456789abcdef0".to_owned(),
            state: "running".to_owned(),
            instance_type: "t3.micro".to_owned(),
            image_id: None,
            availability_zone: Some("us-east-1a".to_owned()),
            public_ip: None,
            private_ip: Some("10.0.0.7".to_owned()),
            launched_at: None,
            spot: false,
            tags: BTreeMap::from([("Name".to_owned(), name.to_owned())]),
        }
    }

    #[test]
    fn a_table_has_a_line_for_each_instance() {
        let lines: Vec<String> = table(&[instance("web")]).lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), 2);
        let cells: Vec<&str> = lines[1].split_whitespace().collect();
        assert_eq!(cells, ["i-0123456789abcdef0", "web", "t3.micro", "running", "us-east-1a", "10.0.0.7", "-"]);
    }

    #[test]
    fn a_long_name_breaks_and_ids_and_addresses_stay_whole() {
        let mut narrow = Table::new();
        narrow.set_width(80);
        let shown = lines(narrow, &[instance("a name of many words that does not fit beside all the rest")]);
        assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
        assert!(
            shown.lines().count() > 2 && shown.contains("i-0123456789abcdef0") && shown.contains("10.0.0.7"),
            "{shown}"
        );
    }

    #[test]
    fn a_hostile_name_cannot_reach_the_terminal() {
        let shown = table(&[instance("a\u{1b}[2J\rb\u{202e}\ni-0")]);
        assert!(shown.contains("a\\u{1b}[2J\\u{d}b\\u{202e}\\ni-0"), "{shown:?}");
        assert_eq!(shown.lines().count(), 2, "{shown:?}");
        assert!(!shown.contains(['\u{1b}', '\r', '\u{202e}']), "{shown:?}");
    }
}
