//! The account's sampling rules as X-Ray keeps them: how many traces of which service are recorded, agreed between all
//! hosts of the account.
//!
//! [`follow`] asks for them on the telemetry's own thread. A decision takes one short lock and no call: where the rules
//! are not known or too old, [`Fallback`] decides, as X-Ray's own SDKs do.

mod facts;
mod fallback;
mod follow;
mod reservoir;
mod rule;
mod status;
mod trouble;
mod wire;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use opentelemetry::trace::TraceId;

use super::Reason;
use crate::health::Problem;
pub(crate) use facts::{Facts, Served};
use fallback::Fallback;
pub(crate) use follow::follow;
use rule::{Counts, Rule, Ruled, Target};
pub use status::{AccountStatus, QuotaStatus};

/// Rules that were not confirmed for this long are not followed any more.
const LIFE: Duration = Duration::from_secs(3600);

/// The rules of the account, as far as they are for one service.
#[derive(Debug)]
pub(crate) struct AccountRules {
    service: Served,
    /// By this name X-Ray tells the processes of a service apart: 24 hexadecimal digits.
    client_id: String,
    known: ArcSwapOption<Known>,
    fallback: Fallback,
    problem: Mutex<Option<Problem>>,
}

/// The rules that were last heard of.
#[derive(Debug)]
struct Known {
    /// Those that concern the service, the first to be tried first.
    rules: Vec<Arc<Rule>>,
    /// How many the account has.
    in_all: usize,
    at: Instant,
}

impl AccountRules {
    /// No rule is known yet.
    pub(crate) fn of(service: Served) -> Self {
        Self {
            service,
            client_id: format!("{:016x}{:08x}", fastrand::u64(..), fastrand::u32(..)),
            known: ArcSwapOption::empty(),
            fallback: Fallback::default(),
            problem: Mutex::default(),
        }
    }

    /// Whose rules they are.
    pub(crate) fn service(&self) -> &Served {
        &self.service
    }

    /// Whether a trace that begins at `now` is recorded, and why or why not.
    pub(crate) fn decide(&self, trace_id: TraceId, facts: &Facts<'_>, now: Instant) -> (bool, Reason) {
        let known = self.known.load();
        let rule = known.as_ref().filter(|known| !known.is_too_old(now)).and_then(|known| known.rule_for(facts));
        match rule {
            Some(rule) => rule.decide(trace_id, now),
            None => self.fallback.decide(trace_id, now),
        }
    }

    /// Takes the rules as the account has them now. A rule that goes on keeps its counts and its quota.
    fn learn(&self, all: Vec<Ruled>, now: Instant) {
        let before = self.known.load();
        let before: HashMap<&str, &Arc<Rule>> =
            before.iter().flat_map(|known| &known.rules).map(|rule| (rule.ruled.name.as_str(), rule)).collect();
        let in_all = all.len();
        let mut ours: Vec<Ruled> = all.into_iter().filter(|ruled| ruled.terms.concern(&self.service)).collect();
        ours.sort_by(|a, b| (a.priority, &a.name).cmp(&(b.priority, &b.name)));
        // Names are unique in an account. If one came twice, what X-Ray says of it could mean either.
        let mut names = HashSet::new();
        ours.retain(|ruled| names.insert(ruled.name.clone()));
        let rules = ours.into_iter().map(|ruled| match before.get(ruled.name.as_str()) {
            // X-Ray's target for the rule stays too: only a change of the rule itself puts it aside.
            Some(rule) if rule.ruled == ruled => Arc::clone(rule),
            before => Arc::new(Rule::new(ruled, before.map(|before| &***before), now)),
        });
        self.known.store(Some(Arc::new(Known { rules: rules.collect(), in_all, at: now })));
    }

    /// What there is to report now.
    fn reports(&self, now: Instant) -> Vec<(Arc<Rule>, Counts)> {
        let known = self.known.load();
        let rules = known.iter().flat_map(|known| &known.rules);
        rules.filter_map(|rule| Some((Arc::clone(rule), rule.report(now)?))).collect()
    }

    /// When the next report may be due.
    fn next_report(&self) -> Option<Instant> {
        self.known.load().iter().flat_map(|known| &known.rules).map(|rule| rule.report_at()).min()
    }

    /// Follows X-Ray's word about a rule; one that is not known any more is passed over.
    fn aim(&self, rule: &str, target: Target, now: Instant) {
        let known = self.known.load();
        if let Some(rule) = known.iter().flat_map(|known| &known.rules).find(|known| known.ruled.name == rule) {
            rule.aim(target, now);
        }
    }

    fn problem(&self) -> MutexGuard<'_, Option<Problem>> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn is_too_old(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.at) > LIFE
    }

    fn rule_for(&self, facts: &Facts<'_>) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.ruled.terms.fit(facts)).map(|rule| &**rule)
    }
}

#[cfg(test)]
mod tests;
