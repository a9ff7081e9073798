//! The page in a real Chromium: what is drawn is what the model says, and nothing else happens.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod access;
mod arrays;
mod bars;
mod folds;
mod inert;
mod keys;
mod live;
mod looks;
mod maps;
mod papers;
mod pictures;
mod sample;
mod searches;
mod together;

use std::sync::LazyLock;

use serde_json::Value;
use spawn_test_support::{Browser, Look, Tab};
use spawn_view::Trace;
use spawn_view::page::{ConsoleLinks, page};
use tempfile::TempDir;

/// One Chromium for all tests of this program.
static BROWSER: LazyLock<Browser> = LazyLock::new(|| Browser::start().unwrap());

/// A page that is open in a window, and the folder that its file is in.
struct Opened {
    tab: Tab<'static>,
    _folder: TempDir,
}

impl Opened {
    /// The page of these traces, at this place of it.
    fn at(traces: &[Trace], place: &str, look: Look) -> Self {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("trace.html");
        std::fs::write(&file, page(traces, "spawn trace", &ConsoleLinks::of_region("eu-central-1"))).unwrap();
        let tab = BROWSER.tab(look).unwrap();
        tab.open(&format!("file://{}{place}", file.display())).unwrap();
        let opened = Self { tab, _folder: folder };
        opened.wait("document.querySelector('#views [aria-current]') !== null");
        opened
    }

    fn of(traces: &[Trace]) -> Self {
        Self::at(traces, "", Look::default())
    }

    fn get(&self, script: &str) -> Value {
        self.tab.evaluate(script).unwrap()
    }

    fn text(&self, script: &str) -> String {
        self.get(script).as_str().unwrap_or_default().to_owned()
    }

    /// The texts of all elements that a selector finds.
    fn texts(&self, selector: &str) -> Vec<String> {
        let texts = self.get(&format!("[...document.querySelectorAll({selector:?})].map((one) => one.textContent)"));
        serde_json::from_value(texts).unwrap()
    }

    fn wait(&self, script: &str) {
        self.tab.wait(script).unwrap();
    }

    fn press(&self, keys: &[&str]) {
        self.tab.press(keys).unwrap();
        self.drawn();
    }

    fn click(&self, selector: &str) {
        self.tab.click(selector).unwrap();
        self.drawn();
    }

    /// Waits until what has changed is drawn.
    fn drawn(&self) {
        self.get("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))");
    }

    /// The rows in sight and near it, from the top down: name, level, and how long it took.
    fn rows(&self) -> Vec<(String, u64, String)> {
        let rows = self.get(
            "[...document.querySelectorAll('.row:not([hidden])')].sort((a, b) => a.place - b.place).map((row) => \
             [row.querySelector('.label').textContent, Number(row.ariaLevel), row.querySelector('.took').textContent])",
        );
        serde_json::from_value(rows).unwrap()
    }

    /// Nothing was said on the console, nothing was asked of anybody, nothing that stands in a text was run.
    fn is_quiet(&self) {
        assert_eq!(self.tab.problems().unwrap(), Vec::<String>::new());
        let requests = self.tab.requests().unwrap();
        assert!(requests.len() == 1 && requests[0].starts_with("file://"), "{requests:?}");
        assert_eq!(self.get("String(window.hurt)"), "undefined");
    }
}
