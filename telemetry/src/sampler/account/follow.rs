//! Keeps the account's rules up to date: asks for them every five minutes, and reports every ten seconds what they have
//! decided, to which X-Ray answers with quotas. Runs beside the exporter, on the telemetry's own thread.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_xray::Client;
use aws_smithy_types::DateTime;
use jiff::Timestamp;
use tokio::time::sleep;

use super::rule::{Counts, Rule};
use super::wire::{Answer, REPORTS, Refused};
use super::{AccountRules, wire};
use crate::export::Trouble;
use crate::health::Problem;

/// Time between two questions for the rules, and what is added to it at random, so that a fleet does not ask at once.
const REFRESH: (Duration, Duration) = (Duration::from_secs(300), Duration::from_secs(5));
/// What is added to the time between two reports at random.
const JITTER: Duration = Duration::from_millis(100);
/// Waits after failures grow from this to [`REFRESH`].
const FIRST_WAIT: Duration = Duration::from_secs(10);

/// Asks and reports until it is dropped.
pub(crate) async fn follow(rules: Arc<AccountRules>, client: Client) {
    let mut following = Following { rules, client, refresh_at: Instant::now(), failures: 0, modified: None };
    loop {
        following.step().await;
        sleep(following.pause(Instant::now())).await;
    }
}

struct Following {
    rules: Arc<AccountRules>,
    client: Client,
    refresh_at: Instant,
    /// Failures since the last success.
    failures: u32,
    /// The last change of a rule that X-Ray has told of.
    modified: Option<DateTime>,
}

impl Following {
    /// Does what is due.
    async fn step(&mut self) {
        if Instant::now() >= self.refresh_at {
            let (wait, most) = match wire::rules(&self.client).await {
                Ok((rules, modified)) => {
                    self.rules.learn(rules, Instant::now());
                    self.modified = self.modified.max(modified);
                    self.succeed();
                    REFRESH
                }
                Err(trouble) => {
                    self.fail(trouble);
                    (self.backoff(), JITTER)
                }
            };
            self.refresh_at = Instant::now() + wait + random(most);
        }
        for reports in self.rules.reports(Instant::now()).chunks(REPORTS) {
            self.report(reports).await;
        }
    }

    async fn report(&mut self, reports: &[(Arc<Rule>, Counts)]) {
        match wire::targets(&self.client, &self.rules.client_id, reports).await {
            Ok(answer) => self.heed(answer, reports),
            Err(trouble) => {
                reports.iter().for_each(|(rule, counts)| rule.give_back(*counts));
                self.fail(trouble);
            }
        }
    }

    /// Does as X-Ray says to the reports.
    fn heed(&mut self, answer: Answer, reports: &[(Arc<Rule>, Counts)]) {
        let now = Instant::now();
        answer.targets.into_iter().for_each(|(rule, target)| self.rules.aim(&rule, target, now));
        if let Some(modified) = answer.modified.filter(|modified| self.is_news(modified)) {
            self.modified = Some(modified);
            self.refresh_at = now;
        }
        let Some(Refused { rule, why, .. }) = answer.refused.first() else { return self.succeed() };
        let trouble = Trouble {
            lasting: false,
            after: None,
            what: format!("X-Ray does not take the report about its sampling rule {rule}: {why}"),
            remedy: "it is sent again, or the rules are asked for anew".to_owned(),
        };
        for refused in &answer.refused {
            match reports.iter().find(|(rule, _)| rule.ruled.name == refused.rule) {
                Some((rule, counts)) if refused.passing => rule.give_back(*counts),
                // A rule that X-Ray does not know any more: its successors are asked for.
                _ => self.refresh_at = now,
            }
        }
        self.fail(trouble);
    }

    /// Whether a rule was changed since it was last heard of. AWS's times are compared with each other alone: this host's
    /// clock may be off.
    fn is_news(&self, modified: &DateTime) -> bool {
        self.modified.as_ref().is_none_or(|known| modified > known)
    }

    /// Time until something is due.
    fn pause(&self, now: Instant) -> Duration {
        let report_at = self.rules.next_report().map(|at| at + random(JITTER));
        let due = report_at.into_iter().fold(self.refresh_at, Instant::min);
        // A report that failed is due again in ten seconds; after many failures, less often.
        due.saturating_duration_since(now).max(self.backoff())
    }

    fn fail(&mut self, trouble: Trouble) {
        self.failures = self.failures.saturating_add(1);
        self.rules.note(trouble);
    }

    fn succeed(&mut self) {
        self.failures = 0;
        self.rules.recover();
    }

    /// No wait without a failure; then ten seconds, twenty, up to the time between two questions.
    fn backoff(&self) -> Duration {
        match self.failures {
            0 => Duration::ZERO,
            failures => FIRST_WAIT.saturating_mul(2_u32.saturating_pow(failures - 1)).min(REFRESH.0),
        }
    }
}

impl AccountRules {
    /// Notes what is wrong, and says so if it is something new.
    pub(crate) fn note(&self, trouble: Trouble) {
        let Trouble { what, remedy, .. } = trouble;
        let mut problem = self.problem();
        match &mut *problem {
            Some(problem) if problem.what == what => problem.count += 1,
            _ => {
                *problem =
                    Some(Problem { what: what.clone(), remedy: remedy.clone(), since: Timestamp::now(), count: 1 });
                drop(problem);
                tracing::warn!(
                    problem = what,
                    remedy,
                    "X-Ray's sampling rules are not up to date; without them one trace a second and 5 % are kept"
                );
            }
        }
    }

    fn recover(&self) {
        if let Some(problem) = self.problem().take() {
            tracing::info!(problem = problem.what, "X-Ray's sampling rules are followed again");
        }
    }
}

fn random(most: Duration) -> Duration {
    most.mul_f64(fastrand::f64())
}
