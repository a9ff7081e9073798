//! Light and dark, narrow and wide, with little motion.

use crate::{Look, Opened, sample};

const BACK: &str = "getComputedStyle(document.body).backgroundColor";
const LIGHT: &str = "rgb(255, 255, 255)";
const DARK: &str = "rgb(18, 22, 28)";

#[test]
fn the_page_is_as_dark_as_the_system_until_somebody_chooses() {
    let dark = Opened::at(&sample::shop(), "", Look { dark: true, ..Look::default() });
    assert_eq!(dark.text(BACK), DARK);
    let light = Opened::of(&sample::shop());
    assert_eq!(light.text(BACK), LIGHT);
    light.press(&["t"]);
    assert_eq!(light.text("document.getElementById('theme').textContent"), "Theme: light");
    light.press(&["t"]);
    assert_eq!(light.text(BACK), DARK);
    light.click("#theme");
    assert_eq!(light.text(BACK), LIGHT);
    assert_eq!(light.text("document.getElementById('theme').textContent"), "Theme: system");
}

#[test]
fn a_narrow_window_cuts_nothing_off() {
    for place in ["", "#/map", "#/arrays", "#/traces"] {
        let page = Opened::at(&sample::array(24), place, Look { width: 360, height: 640, ..Look::default() });
        let beyond = page.get("document.documentElement.scrollWidth - innerWidth");
        assert_eq!(beyond, 0, "{place} is wider than its window");
    }
    let page = Opened::at(&sample::shop(), "", Look { width: 360, height: 640, ..Look::default() });
    page.press(&["Enter"]);
    let heights =
        page.get("[document.getElementById('chart').clientHeight, document.getElementById('details').clientHeight]");
    let heights: Vec<u64> = serde_json::from_value(heights).unwrap();
    assert!(heights.iter().all(|height| *height > 80), "{heights:?}");
}

#[test]
fn texts_without_an_end_leave_room_for_what_they_are_about() {
    let traces = sample::endless();
    for (place, what) in [("", ".row"), ("#/map", ".node"), ("#/arrays", ".task"), ("#/traces", "tbody tr")] {
        for (width, height) in [(360, 640), (800, 600), (1600, 900)] {
            let page = Opened::at(&traces, place, Look { width, height, ..Look::default() });
            let seen = page.get(&format!(
                "(({{ top, bottom }}) => [document.documentElement.scrollWidth - innerWidth, top < innerHeight && bottom > 0])(document.querySelector('{what}:not([hidden])').getBoundingClientRect())"
            ));
            assert_eq!(seen, serde_json::json!([0, true]), "{place} at {width}");
        }
    }
}

#[test]
fn a_title_is_cut_and_the_details_have_all_of_it() {
    let page = Opened::of(&sample::endless());
    page.press(&["Enter"]);
    assert_eq!(page.get("document.querySelector('#details h2').textContent.length"), 300);
    page.click("#details dd .more >> nth=0");
    assert_eq!(page.get("document.querySelector('#details dd').textContent.length"), 5_002);
}

#[test]
fn a_task_without_phases_is_a_row_like_others() {
    let page = Opened::at(&sample::endless(), "#/arrays", Look::default());
    let tops = page.get("[...document.querySelectorAll('.task-head, #task-0')].map((row) => new Set([...row.children].map((cell) => cell.getBoundingClientRect().top)).size)");
    assert_eq!(tops, serde_json::json!([1, 1]));
}

#[test]
fn nothing_moves_for_whoever_wants_no_motion() {
    let moving = "[...document.querySelectorAll('*')].filter((one) => getComputedStyle(one).transitionDuration !== '0s' || getComputedStyle(one).animationName !== 'none').length";
    let calm = Opened::at(&sample::shop(), "", Look { reduced_motion: true, ..Look::default() });
    assert_eq!(calm.get(moving), 0);
}
