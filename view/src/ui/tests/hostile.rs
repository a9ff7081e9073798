//! Whatever the spans say, whatever is typed, however large the terminal is.

use proptest::prelude::*;
use serde_json::json;

use crate::text::escape::is_hostile;
use crate::ui::state::{Look, State};
use crate::ui::tests::sample::{LAUNCH, demo, failed, linked, of, read, span, with};
use crate::ui::tests::{chosen, loaded, screen, typed, view};

const HOSTILE: &str = "a\u{1b}[2J\u{1b}]0;owned\u{7}\r\n\u{9b}31m\u{202e}b\u{200b}\u{2028}c\0\u{8}<script>\u{feff}d";

#[test]
fn no_text_does_anything_to_the_terminal() {
    let mut spans = vec![failed(with(span(LAUNCH, 1, 0, HOSTILE, (0, 10)), &[(HOSTILE, HOSTILE)]), HOSTILE)];
    spans[0]["events"] = json!([{ "name": HOSTILE, "timeUnixNano": "0", "attributes": [] }]);
    spans[0]["traceState"] = json!(HOSTILE);
    let array = [
        ("spawn.job_array.name", HOSTILE),
        ("spawn.job_array_id", HOSTILE),
        ("spawn.job_array_index", "1"),
        ("task_id", "x/1"),
        ("spawn.task.attempt", "1"),
        ("spawn.task.outcome", HOSTILE),
    ];
    spans.push(with(linked(span(LAUNCH, 2, 1, "task x[1]", (0, 5)), LAUNCH, 1), &array));
    spans.push(span(LAUNCH, 3, 2, HOSTILE, (0, 5)));
    let mut gathered = read(&[of(HOSTILE, &spans)]);
    gathered.problems.push(HOSTILE.to_owned());
    for (width, height) in [(40, 20), (60, 24), (100, 30), (200, 60)] {
        let mut state = view(gathered.clone());
        state.resize(width, height);
        let mut seen = String::new();
        for keys in ["1", "/a\u{1b}[2J\u{202e}⏎", "⏎", "d", "⏎G", "⎋3", "a", "4", "i", "⎋1v"] {
            typed(&mut state, keys);
            seen += &screen(&state).concat();
        }
        assert_eq!(seen.chars().find(|character| is_hostile(*character)), None, "{width}");
        assert!(seen.contains("a\\u{1b}[2J"), "{width}: {seen}");
    }
}

#[test]
fn a_text_of_a_megabyte_is_shown_as_far_as_it_is_looked_at_and_says_so() {
    let long = "x".repeat(1_000_000);
    let mut state = view(read(&[of("one", &[with(span(LAUNCH, 1, 0, &long, (0, 10)), &[("long", &long)])])]));
    typed(&mut state, "⏎G");
    let screen = screen(&state).join("\n");
    assert!(screen.contains("note: 4096 of 1000000 bytes are shown"), "{screen}");
}

#[test]
fn ten_thousand_levels_are_a_number_and_no_overflow() {
    let spans: Vec<_> = (1..=10_000).map(|id| span(LAUNCH, id, id - 1, &format!("level {id}"), (id, 20_000))).collect();
    let mut state = view(read(&[of("deep", &spans)]));
    typed(&mut state, "G");
    assert_eq!(chosen(&state), "level 10000");
    let lines = screen(&state);
    let line = lines.iter().find(|line| line.contains("level 10000")).unwrap();
    assert!(line.trim_start().starts_with("9999 "), "{line}");
    typed(&mut state, "_g");
    assert_eq!(state.waterfall.as_ref().unwrap().rows.len(), 2);
}

#[test]
fn without_colours_nothing_has_one_and_without_unicode_all_is_ascii() {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Color;
    let look = Look { colour: false, unicode: false, follows: true };
    let mut state = State::new(loaded(demo()), look, (100, 30));
    for keys in ["1", "/launch⏎⏎", "e⏎", "⎋3", "4", "?"] {
        typed(&mut state, keys);
        let mut cells = Buffer::empty(Rect::new(0, 0, 100, 30));
        crate::ui::draw::draw(&state, &mut cells);
        for cell in cells.content() {
            assert!(cell.symbol().is_ascii(), "{cell:?} after {keys}");
            assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{cell:?} after {keys}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_keys_on_any_terminal_are_answered_and_the_chosen_line_is_shown(
        keys in prop::collection::vec(prop::sample::select("jkgGqhl *_a+-z0<>ceEodsSetvx[]1234/nNir?⏎⎋⇥←→⌫".chars().collect::<Vec<_>>()), 0..60),
        sizes in prop::collection::vec((0_u16..210, 0_u16..50), 1..4),
    ) {
        let mut state = view(demo());
        for (at, key) in keys.iter().enumerate() {
            if at % 7 == 0 {
                let (width, height) = sizes[at % sizes.len()];
                state.resize(width, height);
            }
            typed(&mut state, &key.to_string());
            screen(&state);
            if let Some(waterfall) = &state.waterfall {
                let page = state.page().max(1);
                let shown = waterfall.cursor.shown(waterfall.rows.len(), page);
                prop_assert!(state.tab != crate::ui::state::Tab::Waterfall || shown.contains(&waterfall.cursor.at), "{:?}", waterfall.cursor);
            }
        }
    }
}
