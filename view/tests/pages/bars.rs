//! Bars are where the model says.

use std::collections::HashMap;

use serde::Deserialize;
use spawn_view::Trace;

use crate::{Opened, sample};

/// A bar as it is on the screen, pixels from the left of the cell that it is in.
#[derive(Debug, Deserialize)]
struct Bar {
    span: String,
    left: f64,
    width: f64,
    cell: f64,
}

const BARS: &str = "[...document.querySelectorAll('.row:not([hidden])')].filter((row) => row.dataset.span).flatMap((row) => { \
    const [cell, bar] = [row.querySelector('.time'), row.querySelector('.span-bar')]; if (bar.hidden) return []; \
    const [outer, inner] = [cell.getBoundingClientRect(), bar.getBoundingClientRect()]; \
    return [{ span: row.dataset.span, left: inner.left - outer.left, width: inner.width, cell: outer.width }]; })";

/// Compares every bar on the screen with its span, in a window of time of the trace; how many there were.
fn compare(page: &Opened, trace: &Trace, window: (f64, f64)) -> usize {
    let spans: HashMap<String, _> = trace.spans().iter().map(|span| (span.span_id.to_string(), span)).collect();
    let bars: Vec<Bar> = serde_json::from_value(page.get(BARS)).unwrap();
    for bar in &bars {
        let span = spans[&bar.span];
        let at = |time: u64| (time - trace.start()) as f64;
        let across = |time: f64| (time - window.0) / (window.1 - window.0) * bar.cell;
        let (from, to) = (across(at(span.start)), across(at(span.end.unwrap_or(trace.end()))));
        // What reaches beyond the window is cut a hundredth of its width outside.
        let (from, to) = (from.max(-0.01 * bar.cell), to.min(1.01 * bar.cell));
        assert!((bar.left - from).abs() < 1.5, "{}: {bar:?}, not at {from}", span.name);
        assert!((bar.width - (to - from).max(2.0)).abs() < 1.5, "{}: {bar:?}, not {from} to {to}", span.name);
    }
    bars.len()
}

#[test]
fn every_bar_is_at_its_time() {
    let traces = sample::shop();
    let page = Opened::of(&traces);
    let length = (traces[0].end() - traces[0].start()) as f64;
    assert_eq!(compare(&page, &traces[0], (0.0, length)), 10);
    page.press(&["u"]);
    assert_eq!(compare(&page, &traces[0], (0.0, length)), 19);
    page.is_quiet();
}

#[test]
fn a_part_of_the_axis_that_is_dragged_over_fills_the_window() {
    let traces = sample::shop();
    let page = Opened::of(&traces);
    let length = (traces[0].end() - traces[0].start()) as f64;
    let axis: Vec<f64> = serde_json::from_value(
        page.get("(({ left, top, width, height }) => [left, top, width, height])(document.querySelector('.axis').getBoundingClientRect())"),
    )
    .unwrap();
    let y = axis[1] + axis[3] / 2.0;
    page.tab.drag((axis[0] + 0.5 * axis[2], y), (axis[0] + 0.75 * axis[2], y)).unwrap();
    page.drawn();
    assert!(compare(&page, &traces[0], (0.5 * length, 0.75 * length)) >= 5);
    assert!(page.texts(".beyond").len() >= 2, "spans outside the window are said to be there");
    page.press(&["0"]);
    assert_eq!(compare(&page, &traces[0], (0.0, length)), 10);
}

#[test]
fn the_small_picture_is_of_the_whole_trace_however_close_the_window_looks() {
    let traces = sample::shop();
    let page = Opened::of(&traces);
    let length = (traces[0].end() - traces[0].start()) as f64;
    page.press(&["End", "z"]);
    let canvas: Vec<f64> = serde_json::from_value(page.get(
        "(({ left, top, width, height }) => [left, top, width, height])(document.querySelector('.axis canvas').getBoundingClientRect())",
    ))
    .unwrap();
    let y = canvas[1] + canvas[3] / 2.0;
    page.tab.drag((canvas[0] + 0.1 * canvas[2], y), (canvas[0] + 0.6 * canvas[2], y)).unwrap();
    page.drawn();
    assert!(compare(&page, &traces[0], (0.1 * length, 0.6 * length)) >= 5);
}

#[test]
fn a_chain_of_ten_thousand_spans_is_drawn_to_its_end() {
    let traces = sample::deep(10_000);
    let page = Opened::of(&traces);
    page.press(&["End", "Enter"]);
    assert_eq!(page.text("document.querySelector('#details h2').textContent"), "level 9999");
    assert_eq!(page.rows().last().map(|(_, level, _)| *level), Some(10_000));
    page.is_quiet();
}

#[test]
fn the_critical_path_is_under_the_bars_that_it_is_made_of() {
    let traces = sample::shop();
    let page = Opened::of(&traces);
    page.press(&["u"]);
    let parts = spawn_view::critical_path(&traces[0]);
    assert_eq!(page.texts(".row:not([hidden]) .path").len(), parts.len());
    page.press(&["c"]);
    assert_eq!(page.texts(".row:not([hidden]) .path").len(), 0);
}

#[test]
fn of_ten_thousand_spans_only_those_in_sight_are_elements() {
    let traces = sample::large(10_000);
    let page = Opened::of(&traces);
    let elements = |page: &Opened| page.get("document.querySelectorAll('.row').length").as_u64().unwrap();
    assert!(elements(&page) < 100);
    page.press(&["End"]);
    let last = page.rows();
    assert!(last.iter().any(|(name, ..)| name.ends_with("step 19")), "{last:?}");
    assert!(elements(&page) < 100);
    let length = (traces[0].end() - traces[0].start()) as f64;
    assert!(compare(&page, &traces[0], (0.0, length)) > 20);
    page.is_quiet();
}
