//! The page's HTML: one file with its style, its scripts and its data in it.

use serde::Serialize;

use super::ConsoleLinks;
use super::assets::{SHELL, script, style};
use super::data::PageData;
use super::policy::policy;

/// Where a page has its traces from.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// They are in it.
    Embedded(&'a PageData),
    /// It asks the server that it came from, and shows what comes in.
    Live,
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The whole file.
    pub html: String,
    /// What it may load and run, which is itself: the policy that stands in it, and that a server says in a header too.
    pub policy: String,
}

/// What the scripts are told beside the traces.
#[derive(Serialize)]
struct Settings<'a> {
    live: bool,
    console: &'a ConsoleLinks,
}

/// The page for traces from `source`.
#[must_use]
pub fn shell(source: Source<'_>, title: &str, console: &ConsoleLinks) -> Page {
    let live = matches!(source, Source::Live);
    let (script, style) = (script(), style());
    let policy = policy(&script, &style, live);
    let data = match source {
        Source::Embedded(data) => json(data),
        Source::Live => "null".to_owned(),
    };
    let parts = [
        ("title", markup(title)),
        ("policy", markup(&policy)),
        ("style", style),
        ("settings", json(&Settings { live, console })),
        ("data", data),
        ("script", script),
    ];
    Page { html: fill(SHELL, &parts), policy }
}

/// The template with its `{{name}}`s replaced, each once, and never within what replaced another.
fn fill(template: &str, parts: &[(&str, String)]) -> String {
    let room: usize = parts.iter().map(|(_, text)| text.len()).sum();
    let mut page = String::with_capacity(template.len() + room);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, behind) = after.split_once("}}").unwrap_or((after, ""));
        page.push_str(before);
        parts.iter().filter(|(part, _)| *part == name).for_each(|(_, text)| page.push_str(text));
        rest = behind;
    }
    page.push_str(rest);
    page
}

/// JSON that stays data wherever it stands in a page: no text in it can end the element that it is in.
fn json(value: &impl Serialize) -> String {
    // Nothing that is written here has a key that is no text, which is all that JSON refuses.
    let json = serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned());
    let mut safe = String::with_capacity(json.len() + json.len() / 16);
    let mut rest = json.as_str();
    while let Some(at) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        let (before, behind) = rest.split_at(at);
        let mut behind = behind.chars();
        safe.push_str(before);
        behind.next().into_iter().for_each(|character| safe.push_str(&format!("\\u{:04x}", u32::from(character))));
        rest = behind.as_str();
    }
    safe.push_str(rest);
    safe
}

/// Text that stays text in markup.
fn markup(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_the_element_that_it_is_in() {
        let hostile = "</script><script>alert(1)</script><!-- & \u{2028}";
        let safe = json(&hostile);
        assert!(!safe.contains(['<', '>', '&', '\u{2028}']), "{safe}");
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), hostile);
    }

    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        let parts = [("a", "{{b}}".to_owned()), ("b", "two".to_owned())];
        assert_eq!(fill("<{{a}}|{{b}}>", &parts), "<{{b}}|two>");
    }

    #[test]
    fn a_title_is_no_markup() {
        let page = shell(Source::Live, "</title><script>alert(1)</script>", &ConsoleLinks::none());
        assert!(page.html.contains("<title>&lt;/title&gt;&lt;script&gt;alert(1)"), "{}", &page.html[..400]);
    }
}
