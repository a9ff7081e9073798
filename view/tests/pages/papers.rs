//! The page on paper: all of it, light, and nothing that can only be pressed.

use serde_json::json;

use crate::{Look, Opened, sample};

const DARK: Look = Look { width: 1280, height: 800, dark: true, reduced_motion: true };

/// How many sheets a page takes.
fn sheets(page: &Opened) -> usize {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("page.pdf");
    page.tab.print(&file).unwrap();
    let pdf = std::fs::read(&file).unwrap();
    let sheet = b"/Type /Page\n";
    pdf.windows(sheet.len()).filter(|window| *window == sheet).count()
}

/// Paper is light, whatever the screen is.
fn on_paper(page: &Opened) {
    page.tab.show_as("print").unwrap();
    page.wait("getComputedStyle(document.body).backgroundColor === 'rgb(255, 255, 255)'");
    page.drawn();
}

fn on_screen(page: &Opened) {
    page.tab.show_as("screen").unwrap();
    page.wait("getComputedStyle(document.body).backgroundColor === 'rgb(18, 22, 28)'");
    page.drawn();
}

/// The texts of those of these elements that can be seen.
const SEEN: &str = "((selector) => [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility()).map((one) => one.textContent))";

#[test]
fn every_row_is_on_the_paper_once_and_none_on_another() {
    let traces = sample::large(400);
    let page = Opened::at(&traces, "", DARK);
    page.press(&["u"]);
    on_paper(&page);
    let ids = "[...document.querySelectorAll('.row:not([hidden])')].map((row) => row.dataset.span).filter(Boolean)";
    let mut printed: Vec<String> = serde_json::from_value(page.get(ids)).unwrap();
    printed.sort();
    let mut spans: Vec<String> = traces[0].spans().iter().map(|span| span.span_id.to_string()).collect();
    spans.sort();
    assert_eq!(printed, spans);
    let tops = "[...document.querySelectorAll('.row:not([hidden])')].map((row) => row.getBoundingClientRect()).filter((box, i, all) => i && box.top < all[i - 1].bottom - 0.5).length";
    assert_eq!(page.get(tops), 0, "rows lie on others");
    // What is out of the flow is cut in two where a sheet ends.
    assert_eq!(page.text("getComputedStyle(document.querySelector('.row')).position"), "relative");
    on_screen(&page);
    assert!(page.get("document.querySelectorAll('.row').length").as_u64().unwrap() < 400);
    page.is_quiet();
}

#[test]
fn paper_is_light_and_has_nothing_to_press() {
    for place in ["", "#/map", "#/arrays", "#/traces"] {
        let page = Opened::at(&sample::array(24), place, DARK);
        page.press(&["e"]);
        on_paper(&page);
        let controls = "button:not(.fold, th button), input, select, #views, .tools, .names-edge";
        assert_eq!(page.get(&format!("{SEEN}({controls:?})")), json!([]), "{place}");
        on_screen(&page);
    }
}

#[test]
fn a_long_trace_takes_many_sheets_and_says_where_it_was_cut() {
    let page = Opened::at(&sample::large(10_000), "", DARK);
    page.press(&["u"]);
    let whole = sheets(&page);
    assert!((40..=80).contains(&whole), "{whole}");
    page.press(&["f"]);
    assert_eq!(sheets(&page), 1);
    page.press(&["u"]);
    on_paper(&page);
    assert_eq!(page.get("document.querySelectorAll('.row:not([hidden])').length"), 2_000);
    let told = page.texts(".on-paper").concat();
    assert!(told.starts_with("Printed are the first 2,000 of 10,"), "{told}");
    page.is_quiet();
}

#[test]
fn matches_only_are_said_to_be_no_more() {
    let page = Opened::of(&sample::shop());
    page.click("#errors");
    page.click("#only");
    on_paper(&page);
    assert_eq!(page.texts(".on-paper"), ["Only what a search found, and what it hangs below: 6 of 19 spans."]);
}

#[test]
fn a_map_fits_its_sheet_wherever_it_was_looked_at() {
    let page = Opened::at(&sample::shop(), "#/map", DARK);
    page.press(&["+", "+", "+", "ArrowLeft"]);
    assert_eq!(sheets(&page), 1);
    let before = page.text("document.querySelector('#map > g').getAttribute('transform')");
    on_paper(&page);
    let outside = "(() => { const map = document.getElementById('map').getBoundingClientRect(); \
        return [...document.querySelectorAll('#map .node .body')].map((one) => one.getBoundingClientRect()) \
        .filter((box) => box.left < map.left || box.right > map.right || box.top < map.top || box.bottom > map.bottom).length; })()";
    assert_eq!(page.get(outside), 0);
    on_screen(&page);
    assert_eq!(page.text("document.querySelector('#map > g').getAttribute('transform')"), before);
}

#[test]
fn an_array_has_all_its_tasks_on_paper() {
    let page = Opened::at(&sample::array(300), "#/arrays", DARK);
    on_paper(&page);
    assert_eq!(page.get("document.querySelectorAll('.task:not([hidden])').length"), 300);
    assert!((5..=20).contains(&sheets(&page)));
}
