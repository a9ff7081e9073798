//! X-Ray's sampling API: what is sent, and what is made of the answers. Whatever an answer holds, it becomes rules that
//! can be followed, or none.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use aws_sdk_xray::Client;
use aws_sdk_xray::types::{SamplingRule, SamplingStatisticsDocument, SamplingTargetDocument};
use aws_smithy_types::DateTime;

use super::facts::Terms;
use super::reservoir::Quota;
use super::rule::{Counts, Rule, Ruled, Target};
use super::trouble;
use crate::export::Trouble;

/// The version of rules that is understood; X-Ray has no other.
const VERSION: i32 = 1;
/// Most pages of rules: an account has 25 rules, and a page holds them all.
const PAGES: usize = 20;
/// Longest time for which a quota is believed; X-Ray gives one for the time until the next report or two.
const LONGEST_QUOTA: Duration = Duration::from_secs(300);
/// Most reports in a request, as X-Ray has it.
pub(super) const REPORTS: usize = 25;

/// What X-Ray says to a report.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) targets: Vec<(String, Target)>,
    pub(super) refused: Vec<Refused>,
    /// When a rule of the account was last changed, by AWS's clock.
    pub(super) modified: Option<DateTime>,
}

/// A report that X-Ray did not take.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) rule: String,
    /// Whether X-Ray may take it the next time.
    pub(super) passing: bool,
    pub(super) why: String,
}

/// All rules of the account, and when the last of them was changed.
pub(super) async fn rules(client: &Client) -> Result<(Vec<Ruled>, Option<DateTime>), Trouble> {
    let (mut rules, mut modified, mut token) = (Vec::new(), None, None);
    for _ in 0..PAGES {
        let answer = client.get_sampling_rules().set_next_token(token).send().await;
        let answer = answer.map_err(|error| trouble::read(&error))?;
        let records = answer.sampling_rule_records.unwrap_or_default();
        modified = records.iter().filter_map(|record| record.modified_at).fold(modified, |a, b| a.max(Some(b)));
        rules.extend(records.into_iter().filter_map(|record| ruled(record.sampling_rule?)));
        token = answer.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            break;
        }
    }
    Ok((rules, modified))
}

/// A rule that can be followed; one of another version, or that lacks something, is left out.
fn ruled(rule: SamplingRule) -> Option<Ruled> {
    if rule.version != VERSION || !(0.0..=1.0).contains(&rule.fixed_rate) {
        tracing::debug!(?rule, "a sampling rule of the account is left out");
        return None;
    }
    Some(Ruled {
        name: rule.rule_name.filter(|name| !name.is_empty())?,
        priority: rule.priority,
        rate: rule.fixed_rate,
        reservoir: u32::try_from(rule.reservoir_size).unwrap_or_default(),
        terms: Terms {
            service_name: rule.service_name,
            service_type: rule.service_type,
            resource_arn: rule.resource_arn,
            host: rule.host,
            method: rule.http_method,
            path: rule.url_path,
            attributes: rule.attributes.unwrap_or_default().into_iter().collect(),
        },
    })
}

/// Reports what rules have decided, [`REPORTS`] at most, and asks what they are to do next.
pub(super) async fn targets(
    client: &Client,
    client_id: &str,
    reports: &[(Arc<Rule>, Counts)],
) -> Result<Answer, Trouble> {
    let at = DateTime::from(SystemTime::now());
    let documents = reports.iter().filter_map(|(rule, counts)| document(client_id, at, &rule.ruled.name, *counts));
    let request = client.get_sampling_targets().set_sampling_statistics_documents(Some(documents.collect()));
    let said = request.send().await.map_err(|error| trouble::read(&error))?;
    let now = (Instant::now(), SystemTime::now());
    let documents = said.sampling_target_documents.unwrap_or_default();
    let refused = said.unprocessed_statistics.unwrap_or_default().into_iter().map(|refused| Refused {
        passing: trouble::may_pass(refused.error_code.as_deref().unwrap_or_default()),
        why: trouble::said(refused.error_code.as_deref(), refused.message.as_deref()),
        rule: refused.rule_name.unwrap_or_default(),
    });
    Ok(Answer {
        targets: documents.into_iter().filter_map(|document| target(document, now)).collect(),
        refused: refused.collect(),
        modified: said.last_rule_modification,
    })
}

fn document(client_id: &str, at: DateTime, rule: &str, counts: Counts) -> Option<SamplingStatisticsDocument> {
    let number = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    let document = SamplingStatisticsDocument::builder()
        .client_id(client_id)
        .timestamp(at)
        .rule_name(rule)
        .request_count(number(counts.requests))
        .sampled_count(number(counts.sampled))
        .borrow_count(number(counts.borrowed));
    // All that it requires is set.
    document.build().ok()
}

/// What a rule is to do. A quota without an end, or whose end is past, is none.
fn target(document: SamplingTargetDocument, (now, wall): (Instant, SystemTime)) -> Option<(String, Target)> {
    let rate = document.fixed_rate;
    if !(0.0..=1.0).contains(&rate) {
        tracing::debug!(?document, "a sampling target of X-Ray's is left out");
        return None;
    }
    let left = document.reservoir_quota_ttl.and_then(|end| SystemTime::try_from(end).ok()?.duration_since(wall).ok());
    let per_second = document.reservoir_quota.and_then(|quota| u32::try_from(quota).ok());
    let quota = per_second
        .zip(left)
        .and_then(|(per_second, left)| Some(Quota { per_second, until: now.checked_add(left.min(LONGEST_QUOTA))? }));
    let interval = document.interval.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs);
    Some((document.rule_name?, Target { rate, quota, interval }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule() -> aws_sdk_xray::types::builders::SamplingRuleBuilder {
        SamplingRule::builder()
            .rule_name("base")
            .resource_arn("*")
            .priority(9000)
            .fixed_rate(0.1)
            .reservoir_size(5)
            .service_name("*")
            .service_type("*")
            .host("*")
            .http_method("*")
            .url_path("*")
            .version(1)
    }

    #[test]
    fn a_rule_that_cannot_be_followed_is_left_out() {
        let read = |rule: aws_sdk_xray::types::builders::SamplingRuleBuilder| ruled(rule.build().unwrap());
        assert_eq!(read(rule()).unwrap().reservoir, 5);
        assert_eq!(read(rule().reservoir_size(-1)).unwrap().reservoir, 0);
        assert_eq!(read(rule().version(2)), None);
        assert_eq!(read(rule().fixed_rate(f64::NAN)), None);
        assert_eq!(read(rule().fixed_rate(1.1)), None);
        assert_eq!(read(rule().fixed_rate(-0.1)), None);
        assert_eq!(read(rule().rule_name("")), None);
        assert_eq!(read(rule().set_rule_name(None)), None);
    }

    #[test]
    fn a_target_is_read_by_the_clock_of_this_host() {
        let now = (Instant::now(), SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
        let document = SamplingTargetDocument::builder()
            .rule_name("base")
            .fixed_rate(0.25)
            .reservoir_quota(3)
            .reservoir_quota_ttl(DateTime::from_secs(1_800_000_020))
            .interval(15);
        let quota = Some(Quota { per_second: 3, until: now.0 + Duration::from_secs(20) });
        let expected = Target { rate: 0.25, quota, interval: Some(Duration::from_secs(15)) };
        assert_eq!(target(document.clone().build(), now), Some(("base".to_owned(), expected)));

        let without = Target { quota: None, ..expected };
        for odd in [
            document.clone().reservoir_quota_ttl(DateTime::from_secs(1_799_999_999)),
            document.clone().set_reservoir_quota_ttl(None),
            document.clone().set_reservoir_quota(None),
            document.clone().reservoir_quota(-1),
        ] {
            assert_eq!(target(odd.build(), now), Some(("base".to_owned(), without)));
        }
        let endless = document.clone().reservoir_quota_ttl(DateTime::from_secs(i64::MAX)).build();
        let until = target(endless, now).unwrap().1.quota.unwrap().until;
        assert_eq!(until, now.0 + LONGEST_QUOTA, "nor does a clock that is behind make it last");
        let never = document.clone().interval(-5).build();
        assert_eq!(target(never, now), Some(("base".to_owned(), Target { interval: None, ..expected })));
        assert_eq!(target(document.clone().fixed_rate(f64::INFINITY).build(), now), None);
        assert_eq!(target(document.set_rule_name(None).build(), now), None);
    }
}
