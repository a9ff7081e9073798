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
fn nothing_moves_for_whoever_wants_no_motion() {
    let moving = "[...document.querySelectorAll('*')].filter((one) => getComputedStyle(one).transitionDuration !== '0s' || getComputedStyle(one).animationName !== 'none').length";
    let calm = Opened::at(&sample::shop(), "", Look { reduced_motion: true, ..Look::default() });
    assert_eq!(calm.get(moving), 0);
}
