//! Measures a page in Chromium: `cargo run --release -p spawn-view --example page_speed [SPANS]` (10,000 unless told).
//!
//! It says how long the page takes from the click to the first picture with rows in it, and how many pictures a second
//! Chromium draws while the rows are scrolled from the top to the end, five times each.

use std::io::Write as _;

use anyhow::{Context as _, Result};
use spawn_test_support::{Browser, Look};
use spawn_view::page::{ConsoleLinks, page};

#[path = "../tests/pages/sample/pen.rs"]
#[expect(dead_code, reason = "the tests write more with it")]
mod pen;
#[path = "../tests/pages/sample/shapes.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "the tests have more shapes, and numbers of spans are small")]
mod shapes;

/// Milliseconds from the start of the navigation to the picture after the rows were there.
const OPEN: &str = "new Promise((done) => { const look = () => requestAnimationFrame(() => document.querySelector('.row:not([hidden])') \
    ? requestAnimationFrame(() => done(performance.now())) : look()); look(); })";

/// Scrolls through all rows in three seconds and says the pictures a second and the slowest of twenty, in milliseconds.
const SCROLL: &str = "new Promise((done) => { const chart = document.getElementById('chart'); const end = chart.scrollHeight - chart.clientHeight; \
    const times = []; const first = performance.now(); let last = first; chart.scrollTop = 0; \
    const step = (now) => { times.push(now - last); last = now; chart.scrollTop = end * (now - first) / 3000; \
    if (now - first < 3000) requestAnimationFrame(step); \
    else { times.sort((a, b) => a - b); done([times.length * 1000 / (now - first), times[Math.floor(times.length * 0.95)]]); } }; requestAnimationFrame(step); })";

fn main() -> Result<()> {
    let size = std::env::args().nth(1).map_or(Ok(10_000), |size| size.parse()).context("read the number of spans")?;
    let mut out = std::io::stdout();
    let folder = tempfile::TempDir::new()?;
    let file = folder.path().join("page.html");
    let html = page(&shapes::large(size), "spawn trace", &ConsoleLinks::none());
    writeln!(out, "{size} spans, {:.1} MB of HTML", html.len() as f64 / 1e6)?;
    std::fs::write(&file, html)?;
    let browser = Browser::start()?;
    writeln!(out, "Chromium {}", browser.version())?;
    for _ in 0..5 {
        let tab = browser.tab(Look::default())?;
        tab.open_file(&file)?;
        let opened = tab.evaluate(OPEN)?.as_f64().context("milliseconds")?;
        tab.press(&["u"])?;
        let [rate, slow]: [f64; 2] = serde_json::from_value(tab.evaluate(SCROLL)?)?;
        writeln!(
            out,
            "opens in {opened:.0} ms; scrolls at {rate:.0} pictures a second, 95 in a hundred within {slow:.1} ms"
        )?;
    }
    Ok(())
}
