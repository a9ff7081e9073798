//! The boundary to the person or program at the other end: data on stdout, messages on stderr, outside text escaped.

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use spawn_cloud::instances::Instance;
use spawn_config::tags;
use std::io::Write;

/// Instances as a table that fits the terminal.
pub(crate) fn table(instances: &[Instance]) -> String {
    let mut table = Table::new();
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
        table.add_row(cells.map(escape));
    }
    table.column_iter_mut().for_each(|column| {
        column.set_padding((0, 2));
    });
    let lines = table.lines().map(|line| line.trim_end().to_owned() + "\n");
    lines.collect()
}

/// Prints data.
pub(crate) fn data(text: &str) {
    write(&mut std::io::stdout().lock(), text);
}

/// Prints a value as JSON.
pub(crate) fn json(value: &impl Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => data(&(text + "\n")),
        Err(error) => message(&format!("failed to write JSON: {error}")),
    }
}

/// Tells the user something.
pub(crate) fn message(text: &str) {
    write(&mut std::io::stderr().lock(), &format!("spawn: {}\n", escape(text)));
}

/// Asks the user something, on the same line as the answer.
pub(crate) fn question(text: &str) {
    write(&mut std::io::stderr().lock(), &escape(text));
}

/// A reader that has gone away (`| head`) is no failure of the command.
fn write(to: &mut impl Write, text: &str) {
    match to.write_all(text.as_bytes()).and_then(|()| to.flush()) {
        Ok(()) | Err(_) => {}
    }
}

/// Text from outside (tags, AWS's messages) cannot move the cursor, ring or recolour.
pub(crate) fn escape(text: &str) -> String {
    let hostile =
        |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if hostile(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_hostile_name_cannot_reach_the_terminal() {
        assert_eq!(escape("a\u{1b}[2J\rb\u{202e}"), "a\\u{1b}[2J\\u{d}b\\u{202e}");
    }

    #[test]
    fn a_table_has_a_line_for_each_instance() {
        let instance = Instance {
            instance_id: "i-0123456789abcdef0".to_owned(),
            state: "running".to_owned(),
            instance_type: "t3.micro".to_owned(),
            image_id: None,
            availability_zone: Some("us-east-1a".to_owned()),
            public_ip: None,
            private_ip: Some("10.0.0.7".to_owned()),
            launched_at: None,
            spot: false,
            tags: BTreeMap::from([("Name".to_owned(), "web".to_owned())]),
        };
        let lines: Vec<String> = table(&[instance]).lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), 2);
        let cells: Vec<&str> = lines[1].split_whitespace().collect();
        assert_eq!(cells, ["i-0123456789abcdef0", "web", "t3.micro", "running", "us-east-1a", "10.0.0.7", "-"]);
    }
}
