//! The whole page by keys alone.

use crate::{Opened, sample};

fn cursor(page: &Opened) -> String {
    page.text("document.getElementById(document.getElementById('chart').getAttribute('aria-activedescendant')).querySelector('.label').textContent")
}

#[test]
fn a_person_without_a_mouse_gets_everywhere() {
    let traces = [sample::array(12), sample::shop()].concat();
    let page = Opened::of(&traces);
    assert_eq!(page.texts("#traces tbody tr").len(), 2);
    page.press(&["/"]);
    page.tab.type_text("checkout").unwrap();
    page.drawn();
    assert_eq!(page.texts("#traces tbody tr").len(), 1);
    // From the search over the filter, the columns' names and the scrolled region to the first link.
    page.press(&["Tab"]);
    page.wait("document.activeElement.textContent === 'Errors'");
    page.get("document.querySelector('#traces tbody a').focus()");
    page.press(&["Enter"]);
    page.wait("document.getElementById('chart') === document.activeElement");
    assert_eq!(cursor(&page), "storefront POST /checkout");

    page.press(&["ArrowDown", "ArrowDown"]);
    assert_eq!(cursor(&page), "orders POST /orders");
    page.press(&["ArrowLeft"]);
    assert_eq!(page.text("document.getElementById('row-2').ariaExpanded"), "false");
    page.press(&["ArrowLeft"]);
    assert_eq!(cursor(&page), "storefront POST orders");
    page.press(&["ArrowDown", "ArrowRight", "ArrowRight"]);
    assert_eq!(cursor(&page), "orders 9 × DynamoDB.GetItem");

    page.press(&["e"]);
    assert_eq!(page.text("document.querySelector('#details h2').textContent"), "POST /checkout");
    page.press(&["Enter"]);
    assert_eq!(page.text("document.activeElement.id"), "details-title");
    page.press(&["Escape"]);
    assert_eq!(page.get("document.getElementById('details').hidden"), true);
    assert_eq!(page.text("document.activeElement.id"), "chart");

    page.press(&["3"]);
    page.wait("document.getElementById('map') !== null");
    page.press(&["1"]);
    page.wait("document.getElementById('traces') !== null");
    page.press(&["?"]);
    assert_eq!(page.get("document.getElementById('help').open"), true);
    page.press(&["Escape"]);
    assert_eq!(page.get("document.getElementById('help').open"), false);
    page.is_quiet();
}

#[test]
fn zooming_by_keys_keeps_the_span_at_the_cursor_in_sight() {
    let page = Opened::of(&sample::shop());
    page.press(&["End", "z"]);
    let box_of = "(() => { const bar = document.querySelector('.row.cursor .span-bar').getBoundingClientRect(); const cell = document.querySelector('.row.cursor .time').getBoundingClientRect(); \
                  return bar.width / cell.width; })()";
    let part = page.get(box_of).as_f64().unwrap();
    assert!(part > 0.85 && part < 1.0, "{part}");
    page.press(&["-", "-", "+"]);
    let part = page.get(box_of).as_f64().unwrap();
    assert!(part > 0.4 && part < 0.55, "{part}");
}

#[test]
fn the_help_names_every_key_and_so_does_the_reference() {
    let page = Opened::of(&sample::shop());
    page.press(&["?"]);
    let keys: Vec<[String; 3]> = serde_json::from_value(page.get(
        "[...document.querySelectorAll('#help dl')].flatMap((list) => [...list.children].map((one) => \
         [list.previousElementSibling.textContent, one.querySelector('dt').textContent, one.querySelector('dd').textContent]))",
    ))
    .unwrap();
    for key in ["/", "n", "N", "e", "E", "c", "f", "u", "z", "0", "t", "?", "Enter", "Esc", "[", "]"] {
        assert!(keys.iter().any(|[_, shown, _]| shown == key), "{key} is not among {keys:?}");
    }
    let mut table = String::from("| where | key | does |\n|---|---|---|\n");
    keys.iter().for_each(|[place, key, does]| table += &format!("| {} | `{key}` | {does} |\n", place.to_lowercase()));
    let reference = include_str!("../../../docs/reference/page.md");
    let written =
        reference.split("<!-- keys:begin -->\n").nth(1).and_then(|rest| rest.split("<!-- keys:end -->").next());
    assert_eq!(written, Some(table.as_str()), "put this into docs/reference/page.md:\n{table}");
}

#[test]
fn a_span_has_an_address_of_its_own() {
    let traces = sample::shop();
    let span = traces[0].spans().iter().find(|span| span.name == "POST bank").unwrap();
    let page = Opened::at(&traces, &format!("#/trace/{}/{}", span.trace_id, span.span_id), crate::Look::default());
    assert_eq!(page.text("document.querySelector('#details h2').textContent"), "POST bank");
    page.press(&["ArrowUp"]);
    let above = traces[0].spans().iter().find(|span| span.name == "POST /charge").unwrap();
    assert!(page.text("location.hash").ends_with(&above.span_id.to_string()));
}
