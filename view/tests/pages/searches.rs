//! Searching: what is found, how many, and the way from one to the next.

use crate::{Opened, sample};

fn search(page: &Opened, text: &str) {
    page.press(&["/"]);
    page.tab.type_text(text).unwrap();
    page.drawn();
}

#[test]
fn a_search_counts_what_it_finds_and_goes_from_one_to_the_next() {
    let traces = sample::shop();
    let page = Opened::of(&traces);
    search(&page, "post");
    let names = |part: &str| traces[0].spans().iter().filter(|span| span.name.contains(part)).count();
    assert_eq!(names("POST"), 6);
    assert_eq!(page.text("document.getElementById('found').textContent"), "6 found");
    page.press(&["Enter"]);
    assert_eq!(page.text("document.getElementById('found').textContent"), "1 of 6");
    page.press(&["Escape", "n"]);
    assert_eq!(page.text("document.getElementById('found').textContent"), "2 of 6");
    assert_eq!(page.text("document.querySelector('#details h2').textContent"), "POST orders");
    page.press(&["N", "N"]);
    assert_eq!(page.text("document.getElementById('found').textContent"), "6 of 6");
}

#[test]
fn a_search_looks_into_attributes_events_and_folded_spans() {
    let traces = sample::array(24);
    let page = Opened::of(&traces);
    search(&page, "aws.s3.key=reads/17.");
    assert_eq!(page.text("document.getElementById('found').textContent"), "1 found");
    page.press(&["Enter"]);
    assert_eq!(page.text("document.querySelector('#details h2').textContent"), "S3.GetObject");
    let row = page.rows().into_iter().find(|(name, ..)| name.contains("task align[17]"));
    assert!(row.is_some(), "the group that it was folded in is open");
    page.press(&["Control+a"]);
    page.tab.type_text("out of memory").unwrap();
    page.drawn();
    assert_eq!(page.text("document.getElementById('found').textContent"), "2 found");
}

#[test]
fn filters_leave_what_fits_and_what_it_hangs_below() {
    let traces = sample::shop();
    let page = Opened::of(&traces);
    page.click("#errors");
    assert_eq!(page.text("document.getElementById('found').textContent"), "6 found");
    page.click("#only");
    let names: Vec<String> = page.rows().into_iter().map(|(name, ..)| name).collect();
    let expected = [
        "storefront POST /checkout",
        "storefront POST orders",
        "orders POST /orders",
        "orders POST payments",
        "payments POST /charge",
        "payments POST bank",
    ];
    assert_eq!(names, expected);
    page.click("#errors");
    page.click("#least");
    page.tab.type_text("0.5s").unwrap();
    page.drawn();
    assert_eq!(page.rows().len(), 3);
    page.press(&["Control+a", "Delete", "Escape"]);
    search(&page, "nothing has this");
    assert_eq!(page.text("document.getElementById('found').textContent"), "nothing found");
    page.is_quiet();
}
