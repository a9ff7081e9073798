//! What the keys do at each place.

use crate::map::service_map;
use crate::read::Gathered;
use crate::ui::state::{Effect, Overlay, State, Tab};
use crate::ui::tests::sample::{LAUNCH, demo, failed, of, read, span};
use crate::ui::tests::{chosen, line_with, loaded, screen, typed, view};

/// The demo at the waterfall of its launch.
fn launch() -> State {
    let mut state = view(demo());
    typed(&mut state, "/spawn launch⏎⏎");
    assert_eq!((state.tab, chosen(&state).as_str()), (Tab::Waterfall, "spawn launch"));
    state
}

#[test]
fn the_list_is_filtered_and_sorted_and_the_chosen_trace_stays_chosen() {
    let mut state = view(demo());
    let name = |state: &State| state.loaded.summaries[state.traces.chosen().unwrap()].name.clone();
    let shown = |state: &State| state.traces.shown().len();
    assert_eq!(shown(&state), 6);
    typed(&mut state, "/spawn launch⏎");
    typed(&mut state, "s");
    assert_eq!(name(&state), "spawn launch");
    typed(&mut state, "g");
    assert_eq!(name(&state), "array align", "the longest first");
    typed(&mut state, "Sg");
    assert!(name(&state) != "array align");
    typed(&mut state, "e");
    assert_eq!(shown(&state), 3);
    line_with(&state, "(errors; x: all)");
    typed(&mut state, "tt");
    assert_eq!(shown(&state), 1, "slower than a second and with errors: the array");
    typed(&mut state, "xv");
    assert_eq!(shown(&state), 2, "spawn takes part in two");
    typed(&mut state, "v");
    assert_eq!(shown(&state), 5, "spored in five");
    typed(&mut state, "v");
    assert_eq!(shown(&state), 6);
}

#[test]
fn repeated_calls_are_one_row_until_they_are_wanted() {
    let mut state = launch();
    let row = line_with(&state, "S3.GetObject");
    assert!(row.contains("▸S3.GetObject ×40") && row.contains("400 ms"), "{row}");
    let rows = |state: &State| state.waterfall.as_ref().unwrap().rows.len();
    assert_eq!(rows(&state), 6);
    typed(&mut state, "jj ");
    assert_eq!(rows(&state), 46);
    typed(&mut state, " ");
    assert_eq!(rows(&state), 6);
    typed(&mut state, "a");
    assert_eq!(rows(&state), 45);
}

#[test]
fn folding_leads_up_and_unfolding_down() {
    let mut state = launch();
    typed(&mut state, "/spored boot⏎");
    typed(&mut state, "←");
    assert_eq!(chosen(&state), "wait");
    typed(&mut state, "←");
    assert!(line_with(&state, "wait").contains('▸'));
    assert!(!screen(&state).join("").contains("spored boot"));
    typed(&mut state, "→→");
    assert_eq!(chosen(&state), "spored boot");
    typed(&mut state, "_");
    assert_eq!((chosen(&state).as_str(), state.waterfall.as_ref().unwrap().rows.len()), ("wait", 4));
    typed(&mut state, "*");
    assert_eq!(state.waterfall.as_ref().unwrap().rows.len(), 45);
}

#[test]
fn a_search_opens_what_is_folded_over_what_it_finds() {
    let mut state = launch();
    typed(&mut state, "_/000000000000006e⏎");
    assert_eq!(chosen(&state), "S3.GetObject");
    assert_eq!(state.waterfall.as_ref().unwrap().rows.len(), 45, "wait is folded still");
    typed(&mut state, "/nowhere to be found⏎");
    line_with(&state, "not found: nowhere to be found");
    assert_eq!(chosen(&state), "S3.GetObject");
}

#[test]
fn errors_are_gone_to_in_a_ring() {
    let mut state = launch();
    typed(&mut state, "e");
    assert_eq!(chosen(&state), "EC2.RunInstances");
    typed(&mut state, "ge⏎");
    line_with(&state, "error: no capacity in this zone");
    let mut state = view(read(&[of("one", &[span(LAUNCH, 1, 0, "alone", (0, 5))])]));
    typed(&mut state, "e");
    line_with(&state, "no span of this trace failed");
}

#[test]
fn a_bar_is_where_its_time_is_and_zoom_moves_it() {
    let mut state = launch();
    // 100 columns: 40 for the tree, 8 for the time, a gap each, and 50 for the second of the trace.
    let bar = |state: &State, name: &str| {
        let line: Vec<char> = line_with(state, name).chars().collect();
        let is_bar = |character: &char| matches!(character, '█' | '▒');
        let from = line.iter().position(is_bar).unwrap();
        (from, line.len() - line.iter().rev().position(is_bar).unwrap())
    };
    assert_eq!(bar(&state, "EC2.RunInstances"), (70, 95));
    assert_eq!(bar(&state, "plan"), (50, 70));
    typed(&mut state, "ez");
    assert_eq!(bar(&state, "EC2.RunInstances"), (50, 100));
    assert!(line_with(&state, "plan").ends_with('◂') || line_with(&state, "plan").contains('◂'));
    assert!(line_with(&state, "took").contains("│400 ms"));
    typed(&mut state, "-");
    assert_eq!(bar(&state, "EC2.RunInstances"), (70, 95), "twice as long is all");
    typed(&mut state, "+<");
    let waterfall = state.waterfall.as_ref().unwrap();
    assert_eq!(waterfall.window, Some((275_000_000, 775_000_000)));
    typed(&mut state, ">>>>>>>>>>>>");
    assert_eq!(state.waterfall.as_ref().unwrap().window, Some((500_000_000, 1_000_000_000)));
    typed(&mut state, "0");
    assert_eq!(state.waterfall.as_ref().unwrap().window, None);
}

#[test]
fn the_critical_path_is_marked_and_can_be_unmarked() {
    let mut state = launch();
    let root = |state: &State| line_with(state, "spawn launch");
    assert!(root(&state).contains('▒'), "{}", root(&state));
    assert!(!line_with(&state, "EC2.RunInstances").contains('▒'));
    typed(&mut state, "c");
    assert!(!root(&state).contains('▒'), "{}", root(&state));
}

#[test]
fn a_link_is_followed_and_the_way_back_leads_back() {
    let mut state = view(demo());
    typed(&mut state, "/array align⏎⏎/align[1]⏎");
    typed(&mut state, "o⏎");
    assert_eq!(chosen(&state), "task align[1]");
    line_with(&state, "1-6b0120c0-000000000000000000000001");
    typed(&mut state, "⌫");
    assert_eq!(chosen(&state), "attempt align[1]#1");
    typed(&mut state, "⌫");
    assert_eq!(state.tab, Tab::Traces);
}

#[test]
fn a_link_to_what_is_not_here_says_how_to_get_it() {
    let mut state = launch();
    typed(&mut state, "/wait⏎o⏎");
    line_with(&state, "that trace is not here: spawn trace show 1-6b0120ff-000000000123456789abcdef");
    typed(&mut state, "⎋go");
    line_with(&state, "the span has no links");
}

#[test]
fn the_map_has_the_nodes_and_edges_of_the_model() {
    let mut state = launch();
    typed(&mut state, "3");
    let trace = state.trace().unwrap();
    let map = service_map([trace]);
    assert!(!map.edges.is_empty());
    assert_eq!(state.map.lines.len(), map.nodes.len() + map.edges.len());
    for node in &map.nodes {
        let line = line_with(&state, &format!("{} (", node.name));
        assert!(line.split_whitespace().any(|word| word == node.stats.calls.to_string()), "{line}");
    }
    typed(&mut state, "a");
    assert_eq!(state.map.map, service_map(&state.loaded.traces));
    line_with(&state, "of 6 traces");
    typed(&mut state, "/spored⏎⏎");
    assert_eq!((state.tab, state.traces.service.as_deref()), (Tab::Traces, Some("spored")));
}

#[test]
fn an_array_shows_failures_first_and_leads_to_the_task() {
    let mut state = view(demo());
    typed(&mut state, "4");
    let lines = screen(&state);
    assert!(lines[1].starts_with("align: 4 ✗ 1") && lines[1].contains("run"), "{}", lines[1]);
    assert!(lines[2].starts_with("[2] failed ✗"), "{}", lines[2]);
    assert!(lines[2].contains("800 ms") && lines[2].ends_with('█'), "{}", lines[2]);
    typed(&mut state, "s");
    assert!(screen(&state)[2].starts_with("[0] succeeded"));
    typed(&mut state, "e⏎");
    assert_eq!(chosen(&state), "task align[2]");
}

#[test]
fn another_reading_leaves_alone_what_was_chosen_folded_and_zoomed() {
    let mut state = launch();
    typed(&mut state, "/wait⏎ z");
    let Gathered { mut spans, .. } = demo();
    let late = read(&[of("spored", &[failed(span(LAUNCH, 77, 1, "late", (500, 1_500)), "late")])]);
    spans.extend(late.spans);
    state.reload(loaded(Gathered { spans, ..Gathered::default() }));
    assert_eq!(chosen(&state), "wait");
    assert!(line_with(&state, "wait").contains('▸'));
    assert_eq!(state.waterfall.as_ref().unwrap().window, Some((900_000_000, 1_000_000_000)));
    typed(&mut state, "e");
    assert_eq!(chosen(&state), "EC2.RunInstances");
    // The trace that is looked at is gone.
    state.reload(loaded(Gathered::default()));
    line_with(&state, "no trace is chosen");
    typed(&mut state, "1");
    line_with(&state, "no traces were found");
}

#[test]
fn help_shows_every_key_and_any_key_closes_it() {
    let mut state = launch();
    typed(&mut state, "?");
    let mut seen = screen(&state).join("\n");
    for _ in 0..100 {
        typed(&mut state, "j");
        seen += &screen(&state).join("\n");
    }
    for binding in crate::ui::keys::KEYS {
        assert!(seen.contains(binding.what), "{binding:?}");
    }
    for (_, what) in crate::ui::keys::MOUSE {
        assert!(seen.contains(what), "{what}");
    }
    assert_eq!(typed(&mut state, "q"), Effect::None);
    assert_eq!(state.overlay, Overlay::None);
    assert_eq!(typed(&mut state, "q"), Effect::Quit);
}
