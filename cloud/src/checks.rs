//! What a doctor looks at and what it found: the checks of `spawn doctor` and of `spored doctor` speak these words.
//!
//! A program makes a list of [`Check`]s and [`run`]s them: side by side, none longer than its time, each answering with
//! one [`Finding`]. The checks of AWS that both programs make are functions here.

mod caller;
mod clock;
mod keys;

pub use caller::{Moment, caller, credentials};
pub use clock::clock;
pub use keys::keys;

use crate::error::Error;
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use serde::Serialize;
use std::pin::Pin;
use std::time::Duration;
use tokio::task::JoinSet;

/// How good what was found is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// The program does its work, but something will not be as the user expects.
    Warn,
    /// The program cannot do its work.
    Fail,
}

impl Level {
    /// The word for it, as tables and JSON show it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How good it is.
    pub level: Level,
    /// What was found, a lower-case fragment; text from outside is in it as it came.
    pub what: String,
    /// What to do about it; `None` where nothing needs to be done.
    pub remedy: Option<String>,
}

impl Finding {
    /// All is well.
    pub fn ok(what: impl Into<String>) -> Self {
        Self { level: Level::Ok, what: what.into(), remedy: None }
    }

    /// Something will not be as expected.
    pub fn warn(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { level: Level::Warn, what: what.into(), remedy: Some(remedy.into()) }
    }

    /// The program cannot do its work like this.
    pub fn fail(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { level: Level::Fail, what: what.into(), remedy: Some(remedy.into()) }
    }

    /// AWS refused or did not answer, and the program cannot do without.
    pub fn refused(error: &Error) -> Self {
        let (what, remedy) = error.told_apart();
        let remedy = remedy.unwrap_or_else(|| "see what AWS says, and run again with --debug".to_owned());
        Self::fail(what, remedy)
    }
}

/// One thing to look at.
pub struct Check {
    name: &'static str,
    work: Pin<Box<dyn Future<Output = Finding> + Send>>,
}

impl std::fmt::Debug for Check {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Check").field(&self.name).finish()
    }
}

impl Check {
    /// A check by its name (one or two words, such as `clock`) and the work that finds out.
    pub fn new(name: &'static str, work: impl Future<Output = Finding> + Send + 'static) -> Self {
        Self { name, work: Box::pin(work) }
    }

    /// A check whose finding is known already.
    pub fn known(name: &'static str, finding: Finding) -> Self {
        Self::new(name, std::future::ready(finding))
    }
}

/// A check that was made, with what it found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// The check's name.
    pub check: &'static str,
    /// What it found.
    #[serde(flatten)]
    pub finding: Finding,
}

/// Makes all checks side by side under the trace context of the caller, and answers in the order they were given.
///
/// A check that takes longer than `each` has failed, and so has one that panics: a doctor never hangs, and the other
/// findings are shown all the same.
pub async fn run(checks: Vec<Check>, each: Duration) -> Vec<Checked> {
    let names: Vec<&'static str> = checks.iter().map(|check| check.name).collect();
    let mut found: Vec<Option<Finding>> = vec![None; names.len()];
    let mut running = JoinSet::new();
    for (place, Check { name, work }) in checks.into_iter().enumerate() {
        let work = async move { (place, tokio::time::timeout(each, work).await.unwrap_or_else(|_| late(name, each))) };
        running.spawn(work.with_context(Context::current()));
    }
    while let Some(done) = running.join_next().await {
        if let Ok((place, finding)) = done
            && let Some(kept) = found.get_mut(place)
        {
            *kept = Some(finding);
        }
    }
    let checked = names.into_iter().zip(found);
    checked.map(|(check, finding)| Checked { check, finding: finding.unwrap_or_else(|| broken(check)) }).collect()
}

/// The worst level of all; `Ok` when nothing was checked.
#[must_use]
pub fn worst(checked: &[Checked]) -> Level {
    checked.iter().map(|checked| checked.finding.level).max().unwrap_or(Level::Ok)
}

fn late(name: &str, each: Duration) -> Finding {
    Finding::fail(
        format!("{name}: no answer within {} s", each.as_secs()),
        "check the network, a proxy (HTTPS_PROXY, NO_PROXY) and AWS_ENDPOINT_URL",
    )
}

fn broken(name: &str) -> Finding {
    Finding::fail(format!("{name}: the check itself broke"), "run again with --debug and report what it says")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn findings_come_in_the_order_of_the_checks_whichever_is_ready_first() {
        let slow = async {
            tokio::task::yield_now().await;
            Finding::warn("slow", "wait")
        };
        let found = run(vec![Check::new("one", slow), Check::known("two", Finding::ok("fast"))], Duration::MAX).await;
        let expected = [
            Checked { check: "one", finding: Finding::warn("slow", "wait") },
            Checked { check: "two", finding: Finding::ok("fast") },
        ];
        assert_eq!(found, expected);
        assert_eq!(worst(&found), Level::Warn);
    }

    #[tokio::test]
    async fn a_check_that_hangs_or_panics_has_failed_and_the_others_are_shown() {
        let checks = vec![
            Check::new("hangs", std::future::pending()),
            Check::new("panics", async { panic!("a bug in a check") }),
            Check::known("works", Finding::ok("well")),
        ];
        let found = run(checks, Duration::from_millis(1)).await;
        let levels: Vec<Level> = found.iter().map(|checked| checked.finding.level).collect();
        assert_eq!(levels, [Level::Fail, Level::Fail, Level::Ok]);
        assert_eq!(worst(&found), Level::Fail);
    }

    #[test]
    fn a_finding_is_one_flat_object() {
        let checked = Checked { check: "clock", finding: Finding::fail("an hour slow", "set it") };
        let expected =
            serde_json::json!({"check": "clock", "level": "fail", "what": "an hour slow", "remedy": "set it"});
        assert_eq!(serde_json::to_value(checked).unwrap(), expected);
    }
}
