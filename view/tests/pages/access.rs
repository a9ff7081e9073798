//! What a person who sees little or nothing is told.

use crate::{Look, Opened, sample};

/// Texts whose contrast to what is behind them is too little, with the figure.
const PALE: &str = r"(() => {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const parse = (text) => { context.clearRect(0, 0, 1, 1); context.fillStyle = '#000'; context.fillStyle = text; context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255]; };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (one) => { const layers = []; for (let at = one; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]); };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const one = node.parentElement;
    const box = one.getBoundingClientRect();
    if (!node.textContent.trim() || !box.width || one.closest('script, style, noscript, .unseen, [hidden], option, button:disabled')) continue;
    const style = getComputedStyle(one);
    if (style.visibility === 'hidden') continue;
    const back = behind(one);
    const [r, g, b, a] = parse(one.namespaceURI.endsWith('svg') ? style.fill : style.color);
    let seen = a;
    for (let at = one; at; at = at.parentElement) seen *= Number(getComputedStyle(at).opacity);
    const ink = over([r, g, b, seen], back);
    const [bright, dim] = [light(ink), light(back)].sort((a, b) => b - a);
    const ratio = (bright + 0.05) / (dim + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) found.push(`${node.textContent.slice(0, 40)}: ${ratio.toFixed(2)} of ${style.color} in .${one.className.baseVal ?? one.className}`);
  }
  return [...new Set(found)];
})()";

#[test]
fn every_text_stands_out_from_what_is_behind_it() {
    for dark in [false, true] {
        for place in ["", "#/map", "#/arrays", "#/traces"] {
            let page = Opened::at(&sample::array(24), place, Look { dark, ..Look::default() });
            page.press(&["e", "/"]);
            page.tab.type_text(if place.is_empty() { "dynamodb" } else { "a" }).unwrap();
            page.drawn();
            let pale: Vec<String> = serde_json::from_value(page.get(PALE)).unwrap();
            assert_eq!(pale, Vec::<String>::new(), "{place}, dark: {dark}");
        }
    }
}

#[test]
fn whoever_listens_hears_a_tree_of_spans() {
    let page = Opened::of(&sample::shop());
    let heard = page.tab.accessibility().unwrap();
    for line in [
        "- treegrid \"Spans of the trace\":",
        "- navigation \"Views\":",
        "- columnheader \"Span\"",
        "- columnheader \"Took\"",
        "- searchbox \"Search spans\"",
        "- banner:",
        "- main:",
    ] {
        assert!(heard.contains(line), "{line} is not in\n{heard}");
    }
    assert!(heard.contains("row \"error storefront POST /checkout 840 ms\" [expanded]"), "{heard}");
    let unnamed = page.get(
        "[...document.querySelectorAll('button, a, input, select, [role=button], [tabindex=\"0\"]')].filter((one) => \
         !(one.ariaLabel || one.textContent.trim() || one.labels?.length || one.getAttribute('aria-hidden'))).length",
    );
    assert_eq!(unnamed, 0);
}

#[test]
fn levels_places_and_counts_are_said_of_each_row() {
    let page = Opened::of(&sample::shop());
    let said: Vec<[String; 5]> = serde_json::from_value(page.get(
        "[...document.querySelectorAll('.row:not([hidden])')].sort((a, b) => a.place - b.place).slice(2, 5).map((row) => \
         ['aria-level', 'aria-rowindex', 'aria-posinset', 'aria-setsize', 'aria-expanded'].map((name) => String(row.getAttribute(name))))",
    ))
    .unwrap();
    let expected = [["3", "4", "1", "1", "true"], ["4", "5", "1", "4", "false"], ["4", "6", "2", "4", "null"]];
    assert_eq!(said, expected);
    assert_eq!(page.text("document.getElementById('chart').getAttribute('aria-rowcount')"), "12");
}

#[test]
fn what_a_search_finds_is_said_aloud() {
    let page = Opened::of(&sample::shop());
    page.press(&["/"]);
    page.tab.type_text("getitem").unwrap();
    page.wait("document.getElementById('said').textContent.trim() === '9 matches'");
    assert_eq!(page.text("document.getElementById('said').ariaLive"), "polite");
}

#[test]
fn the_cursor_is_a_row_that_is_there() {
    let page = Opened::of(&sample::large(500));
    page.press(&["PageDown", "PageDown"]);
    let here =
        page.get("document.getElementById(document.activeElement.getAttribute('aria-activedescendant')).ariaSelected");
    assert_eq!(here, "true");
    let seen = page.get(
        "(() => { const row = document.querySelector('.row.cursor').getBoundingClientRect(); const chart = document.getElementById('chart').getBoundingClientRect(); \
         const head = document.querySelector('.head').getBoundingClientRect(); return row.top >= head.bottom - 1 && row.bottom <= chart.bottom + 1; })()",
    );
    assert_eq!(seen, true);
}
