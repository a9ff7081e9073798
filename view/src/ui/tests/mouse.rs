//! What the mouse does, on 100 columns and 30 lines.

use ratatui::crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use crate::ui::state::traces::Order;
use crate::ui::state::{Overlay, State, Tab};
use crate::ui::tests::sample::demo;
use crate::ui::tests::{chosen, line_with, screen, typed, view};

fn mouse(state: &mut State, kind: MouseEventKind, (column, row): (u16, u16)) {
    state.mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE });
}

fn click(state: &mut State, at: (u16, u16)) {
    mouse(state, MouseEventKind::Down(MouseButton::Left), at);
}

/// Where the screen has this text first.
#[track_caller]
fn place(state: &State, text: &str) -> (u16, u16) {
    let line = line_with(state, text);
    let row = screen(state).iter().position(|other| *other == line).unwrap();
    let column = line[..line.find(text).unwrap()].chars().count();
    (u16::try_from(column).unwrap(), u16::try_from(row).unwrap())
}

#[test]
fn a_click_chooses_a_line_and_another_opens_it() {
    let mut state = view(demo());
    let launch = place(&state, "spawn launch");
    click(&mut state, launch);
    let name = state.loaded.summaries[state.traces.chosen().unwrap()].name.clone();
    assert_eq!((state.tab, name.as_str()), (Tab::Traces, "spawn launch"));
    click(&mut state, launch);
    assert_eq!((state.tab, chosen(&state).as_str()), (Tab::Waterfall, "spawn launch"));
    let call = place(&state, "EC2.RunInstances");
    click(&mut state, call);
    assert_eq!(chosen(&state), "EC2.RunInstances");
    assert!(state.waterfall.as_ref().unwrap().details.is_none());
    click(&mut state, call);
    line_with(&state, "error: no capacity in this zone");
    // Below the last line there is nothing.
    click(&mut state, (3, 14));
    assert_eq!(chosen(&state), "EC2.RunInstances");
    // The right button is left to the terminal.
    let root = place(&state, "spawn launch");
    mouse(&mut state, MouseEventKind::Down(MouseButton::Right), root);
    assert_eq!(chosen(&state), "EC2.RunInstances");
}

#[test]
fn a_click_on_the_sign_folds_and_unfolds() {
    let mut state = view(demo());
    typed(&mut state, "/spawn launch⏎⏎");
    let rows = |state: &State| state.waterfall.as_ref().unwrap().rows.len();
    let sign = place(&state, "▸S3.GetObject");
    click(&mut state, sign);
    assert_eq!(rows(&state), 46);
    click(&mut state, sign);
    assert_eq!(rows(&state), 6);
    let (_, root) = place(&state, "spawn launch");
    click(&mut state, (0, root));
    assert_eq!(rows(&state), 1);
}

#[test]
fn a_click_goes_to_a_tab_and_sorts_by_a_column() {
    let mut state = view(demo());
    for (column, tab) in [(25, Tab::Map), (33, Tab::Array), (15, Tab::Waterfall), (0, Tab::Traces)] {
        click(&mut state, (column, 0));
        assert_eq!(state.tab, tab, "{column}");
    }
    click(&mut state, (70, 0));
    assert_eq!(state.tab, Tab::Traces, "no tab is there");
    let errors = place(&state, "errors");
    click(&mut state, errors);
    assert_eq!((state.traces.order, state.traces.reversed), (Order::Errors, false));
    click(&mut state, errors);
    assert_eq!((state.traces.order, state.traces.reversed), (Order::Errors, true));
    typed(&mut state, "3");
    let name = place(&state, "name of");
    click(&mut state, name);
    line_with(&state, "name* of");
}

#[test]
fn the_wheel_moves_in_what_it_is_over() {
    let mut state = view(demo());
    mouse(&mut state, MouseEventKind::ScrollDown, (3, 5));
    assert_eq!(state.traces.cursor.at, 3);
    mouse(&mut state, MouseEventKind::ScrollUp, (3, 5));
    assert_eq!(state.traces.cursor.at, 0);
    typed(&mut state, "/array align⏎⏎/align[1]⏎d");
    let (layout, span) = (state.layout(), chosen(&state));
    let details = |state: &State| state.waterfall.as_ref().unwrap().details.as_ref().unwrap().cursor.at;
    mouse(&mut state, MouseEventKind::ScrollDown, (3, layout.details.y));
    assert_eq!((details(&state), chosen(&state)), (3, span.clone()));
    mouse(&mut state, MouseEventKind::ScrollDown, (3, layout.lines.y));
    assert!(chosen(&state) != span);
    typed(&mut state, "?");
    mouse(&mut state, MouseEventKind::ScrollDown, (3, 5));
    assert_eq!(state.overlay, Overlay::Help(crate::ui::cursor::Cursor { at: 3, top: 3 }));
    click(&mut state, (3, 5));
    assert_eq!(state.overlay, Overlay::None);
    // A text that is typed is left alone by the wheel.
    typed(&mut state, "/ab");
    mouse(&mut state, MouseEventKind::ScrollDown, (3, 5));
    assert_eq!(state.overlay, Overlay::Prompt("ab".to_owned()));
}

#[test]
fn a_click_on_a_chosen_link_follows_it() {
    let mut state = view(demo());
    typed(&mut state, "/array align⏎⏎/align[1]⏎o");
    let link = place(&state, "-> 1-6b0120c0");
    click(&mut state, link);
    assert_eq!(chosen(&state), "task align[1]");
}

#[test]
fn what_others_wrote_is_in_the_last_line_and_among_the_notes() {
    let mut state = view(demo());
    state.tell(["first".to_owned()].into());
    assert!(screen(&state)[29].starts_with("first"), "{:?}", screen(&state)[29]);
    state.tell(["second".to_owned(), "th\u{1b}[31mird".to_owned()].into());
    assert!(screen(&state)[29].starts_with("3 messages (i), the last: th\\u{1b}[31mird"), "{:?}", screen(&state)[29]);
    typed(&mut state, "i");
    let shown = screen(&state).join("\n");
    assert!(shown.contains("\nfirst\nsecond\nth\\u{1b}[31mird\n"), "{shown}");
}
