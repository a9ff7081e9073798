//! A real Chromium for the tests of pages, driven from outside by Playwright.

mod chromium;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, anyhow};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::python::{Environments, Requirements, script};

/// A Chromium. It takes a second to start, so the tests of a file share one, each with a [`Tab`] of its own. It ends with
/// the process.
#[derive(Debug)]
pub struct Browser {
    driver: Mutex<Driver>,
    version: String,
}

#[derive(Debug)]
struct Driver {
    // Standard input comes first: the driver ends, and Chromium with it, when it is closed.
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    _child: Child,
    _folder: TempDir,
}

/// How a person looks at a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Width of the window in pixels.
    pub width: u32,
    /// Height of the window in pixels.
    pub height: u32,
    /// The system is set to dark.
    pub dark: bool,
    /// The system is set to little motion.
    pub reduced_motion: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { width: 1280, height: 800, dark: false, reduced_motion: false }
    }
}

/// A window with nothing in common with any other but those that were opened [beside](Tab::beside) it.
#[derive(Debug)]
pub struct Tab<'a> {
    browser: &'a Browser,
    number: u64,
}

impl Browser {
    /// Starts Chromium: the one that the variable `CHROMIUM` names, one in `PATH`, or Debian's, which is unpacked under the
    /// target folder the first time. Blocks.
    ///
    /// # Errors
    /// When there is none, or it does not start.
    pub fn start() -> Result<Self> {
        let environments = Environments::of_this_build();
        let chromium = chromium::chromium(&environments)?;
        let folder = TempDir::with_prefix("browser-")?;
        let mut child = Command::new(environments.python(Requirements::Browser)?)
            .arg(script("browser.py"))
            .arg(&chromium.program)
            .arg(folder.path())
            .args(chromium.libraries)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("start what drives the browser")?;
        let (orders, answers) =
            child.stdin.take().zip(child.stdout.take()).context("talk to what drives the browser")?;
        let mut driver = Driver { orders, answers: BufReader::new(answers), _child: child, _folder: folder };
        let version = driver.answer()?["version"].as_str().unwrap_or_default().to_owned();
        Ok(Self { driver: Mutex::new(driver), version })
    }

    /// Chromium's version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Opens a window.
    ///
    /// # Errors
    /// When Chromium has ended.
    pub fn tab(&self, look: Look) -> Result<Tab<'_>> {
        let Look { width, height, dark, reduced_motion } = look;
        let order =
            json!({"do": "tab", "width": width, "height": height, "dark": dark, "reduced_motion": reduced_motion});
        let number = self.order(&order)?.as_u64().context("number of the tab")?;
        Ok(Tab { browser: self, number })
    }

    fn order(&self, order: &Value) -> Result<Value> {
        // A test that failed holding it has left no half order behind.
        let mut driver = self.driver.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(driver.orders, "{order}").context("give the browser an order")?;
        let mut answer = driver.answer()?;
        match answer["error"].as_str() {
            Some(error) => Err(anyhow!("the browser could not {}: {error}", order["do"])),
            None => Ok(answer["answer"].take()),
        }
    }
}

impl Driver {
    fn answer(&mut self) -> Result<Value> {
        let mut line = String::new();
        self.answers.read_line(&mut line).context("hear from the browser")?;
        serde_json::from_str(&line).with_context(|| format!("the browser has ended, after {line:?}"))
    }
}

impl<'a> Tab<'a> {
    /// Opens another window of the same person, which shares storage, locks and connections with this one. The window that
    /// was first closes the others when it is dropped.
    ///
    /// # Errors
    /// When Chromium has ended.
    pub fn beside(&self) -> Result<Tab<'a>> {
        let number = self.order(json!({"do": "beside"}))?.as_u64().context("number of the tab")?;
        Ok(Tab { browser: self.browser, number })
    }

    fn order(&self, mut order: Value) -> Result<Value> {
        order["tab"] = self.number.into();
        self.browser.order(&order)
    }

    /// Goes to an address and waits until it is loaded.
    ///
    /// # Errors
    /// When it cannot be loaded.
    pub fn open(&self, url: &str) -> Result<()> {
        self.order(json!({"do": "open", "url": url})).map(drop)
    }

    /// Opens a file.
    ///
    /// # Errors
    /// When it cannot be loaded.
    pub fn open_file(&self, path: &Path) -> Result<()> {
        self.open(&format!("file://{}", path.display()))
    }

    /// What an expression of JavaScript is on the page; a promise is waited for.
    ///
    /// # Errors
    /// When it throws.
    pub fn evaluate(&self, script: &str) -> Result<Value> {
        self.order(json!({"do": "evaluate", "script": script}))
    }

    /// Waits until an expression is true, 20 seconds at most, and says its value.
    ///
    /// # Errors
    /// When it never is.
    pub fn wait(&self, script: &str) -> Result<Value> {
        self.order(json!({"do": "wait", "script": script, "seconds": 20}))
    }

    /// Presses keys, one after the other, by the names that browsers have for them.
    ///
    /// # Errors
    /// When there is no such key.
    pub fn press(&self, keys: &[&str]) -> Result<()> {
        self.order(json!({"do": "press", "keys": keys})).map(drop)
    }

    /// Types text where the focus is.
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn type_text(&self, text: &str) -> Result<()> {
        self.order(json!({"do": "type", "text": text})).map(drop)
    }

    /// Clicks what a CSS selector finds, once it can be clicked.
    ///
    /// # Errors
    /// When it cannot be.
    pub fn click(&self, selector: &str) -> Result<()> {
        self.order(json!({"do": "click", "selector": selector})).map(drop)
    }

    /// Presses the mouse's button at one point and lets it go at another; pixels from the window's corner.
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn drag(&self, from: (f64, f64), to: (f64, f64)) -> Result<()> {
        self.order(json!({"do": "drag", "from": from, "to": to})).map(drop)
    }

    /// Writes a picture of the window, a PNG.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn screenshot(&self, path: &Path) -> Result<()> {
        self.order(json!({"do": "screenshot", "path": path})).map(drop)
    }

    /// Prints the page into a file, a PDF.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn print(&self, path: &Path) -> Result<()> {
        self.order(json!({"do": "pdf", "path": path})).map(drop)
    }

    /// Shows the page as it is on paper, `print`, or as it is on the screen, `screen`.
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn show_as(&self, media: &str) -> Result<()> {
        self.order(json!({"do": "media", "media": media})).map(drop)
    }

    /// The page as a screen reader has it: roles, names and states, as indented text.
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn accessibility(&self) -> Result<String> {
        Ok(self.order(json!({"do": "accessibility"}))?.as_str().unwrap_or_default().to_owned())
    }

    /// Errors and warnings of the console, uncaught exceptions, dialogs and windows that the page opened.
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn problems(&self) -> Result<Vec<String>> {
        Ok(serde_json::from_value(self.order(json!({"do": "problems"}))?)?)
    }

    /// The address of every request that the page made, its own first.
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn requests(&self) -> Result<Vec<String>> {
        Ok(serde_json::from_value(self.order(json!({"do": "requests"}))?)?)
    }
}

impl Drop for Tab<'_> {
    fn drop(&mut self) {
        // A browser that has ended has no windows.
        drop(self.order(json!({"do": "close"})));
    }
}
