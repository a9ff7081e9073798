//! How it stands with the account's rules, for `spored status`.

use std::time::Instant;

use serde::Serialize;

use super::AccountRules;
use crate::health::Problem;

/// What is known of the account's sampling rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountStatus {
    /// Whether they decide. If not, one trace a second and 5 % of the others are kept.
    pub in_force: bool,
    /// Rules of the account; `None` as long as none were heard of.
    pub rules: Option<usize>,
    /// The names of those that are for this service, in their order.
    pub for_us: Vec<String>,
    /// Seconds since they were last heard of.
    pub age_seconds: Option<u64>,
    /// What X-Ray has assigned to this process.
    pub quotas: Vec<QuotaStatus>,
    /// Why X-Ray last did not answer as it should; `None` once it has.
    pub problem: Option<Problem>,
}

/// What X-Ray has assigned to this process for one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuotaStatus {
    /// The rule.
    pub rule: String,
    /// Traces a second.
    pub per_second: u32,
    /// Seconds until it ends.
    pub seconds_left: u64,
}

impl AccountRules {
    pub(crate) fn status(&self, now: Instant) -> AccountStatus {
        let known = self.known.load();
        let rules = || known.iter().flat_map(|known| &known.rules);
        let quota = |rule: &super::Rule| {
            let quota = rule.quota(now)?;
            Some(QuotaStatus {
                rule: rule.ruled.name.clone(),
                per_second: quota.per_second,
                seconds_left: quota.until.saturating_duration_since(now).as_secs(),
            })
        };
        AccountStatus {
            in_force: known.as_ref().is_some_and(|known| !known.is_too_old(now)),
            rules: known.as_ref().map(|known| known.in_all),
            for_us: rules().map(|rule| rule.ruled.name.clone()).collect(),
            age_seconds: known.as_ref().map(|known| now.saturating_duration_since(known.at).as_secs()),
            quotas: rules().filter_map(|rule| quota(rule)).collect(),
            problem: self.problem().clone(),
        }
    }
}
