//! The files that a page is made of.

/// The HTML around everything.
pub(super) const SHELL: &str = include_str!("shell.html");

/// The styles, in the order in which they stand in the page.
const STYLE: &[&str] = &[
    include_str!("style/colours.css"),
    include_str!("style/frame.css"),
    include_str!("style/waterfall.css"),
    include_str!("style/details.css"),
    include_str!("style/map.css"),
    include_str!("style/array.css"),
    include_str!("style/media.css"),
    include_str!("style/paper.css"),
];

/// `@dagrejs/dagre` 3.1.3 from npm as it is there, and its licence: it lays the service map out
/// (`docs/decisions/0026-pages.md`).
const DAGRE: &str = include_str!("vendor/dagre.min.js");
const DAGRE_LICENCE: &str = include_str!("vendor/dagre.LICENSE");

/// The scripts, in the order in which they stand in the page: each uses what stands above it.
const SCRIPT: &[&str] = &[
    include_str!("script/text.js"),
    include_str!("script/elements.js"),
    include_str!("script/model.js"),
    include_str!("script/search.js"),
    include_str!("script/rows.js"),
    include_str!("script/news.js"),
    include_str!("script/source.js"),
    include_str!("script/state.js"),
    include_str!("script/address.js"),
    include_str!("script/virtual.js"),
    include_str!("script/paper.js"),
    include_str!("script/time.js"),
    include_str!("script/minimap.js"),
    include_str!("script/details.js"),
    include_str!("script/links.js"),
    include_str!("script/bars.js"),
    include_str!("script/row.js"),
    include_str!("script/toolbar.js"),
    include_str!("script/actions.js"),
    include_str!("script/waterfall.js"),
    include_str!("script/crowd.js"),
    include_str!("script/graph.js"),
    include_str!("script/map.js"),
    include_str!("script/array.js"),
    include_str!("script/list.js"),
    include_str!("script/theme.js"),
    include_str!("script/keyboard.js"),
    include_str!("script/help.js"),
    include_str!("script/start.js"),
];

/// The page's style.
pub(super) fn style() -> String {
    STYLE.concat()
}

/// The page's script: dagre, and ours in a scope of its own.
pub(super) fn script() -> String {
    // Where dagre's own source is to be had is of use to its developers, and a request to everybody else.
    let dagre = DAGRE.split("//# sourceMappingURL").next().unwrap_or(DAGRE);
    format!("/*!\n@dagrejs/dagre\n{DAGRE_LICENCE}*/\n{dagre}\n(() => {{\n\"use strict\";\n{}}})();\n", SCRIPT.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_script_or_the_style_ends_its_element() {
        for text in [script(), style()] {
            let text = text.to_lowercase();
            assert!(!text.contains("</script") && !text.contains("</style") && !text.contains("<!--"));
        }
    }

    #[test]
    fn dagre_is_as_npm_has_it() {
        use sha2::{Digest as _, Sha256};
        let sum: String = Sha256::digest(DAGRE.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        let decision = include_str!("../../../docs/decisions/0026-pages.md");
        assert!(decision.contains(&format!("`{sum}`")), "{sum} is not in docs/decisions/0026-pages.md");
        assert!(script().contains("Copyright (c) 2012-2014 Chris Pettitt"));
    }

    #[test]
    fn text_never_becomes_markup() {
        let ours = SCRIPT.concat();
        for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc"]
        {
            assert!(!ours.contains(way), "{way}");
        }
    }

    #[test]
    fn nothing_in_the_script_or_the_style_is_elsewhere() {
        assert!(!script().contains("sourceMappingURL"));
        assert!(!style().contains("url(") && !style().contains("@import"));
    }
}
