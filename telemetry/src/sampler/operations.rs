//! Shares of single operations, from the settings: the first rule that fits a call decides about it.

use opentelemetry::trace::TraceId;
use spawn_config::SamplingRule;

use super::Reason;
use super::glob::fits;
use super::ratio::Share;
use crate::describe::CallName;

/// The rules in their order.
#[derive(Debug, Default)]
pub(super) struct Operations(Vec<Operation>);

#[derive(Debug)]
struct Operation {
    service: String,
    operation: String,
    share: Share,
    reason: Reason,
}

impl Operations {
    pub(super) fn new(rules: &[SamplingRule]) -> Self {
        let operation = |rule: &SamplingRule| {
            // The rule's own grammar has exactly one dot.
            let (service, operation) = rule.pattern().split_once('.').unwrap_or((rule.pattern(), "*"));
            let [service, operation] = [service, operation].map(without_spaces);
            Operation { service, operation, share: Share::new(rule.rate().value()), reason: Reason::operation(rule) }
        };
        Self(rules.iter().map(operation).collect())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether a call is recorded, and by which rule; `None` if no rule fits it.
    pub(super) fn decide(&self, call: CallName<'_>, trace_id: TraceId) -> Option<(bool, &Reason)> {
        if self.0.is_empty() {
            return None;
        }
        let service = without_spaces(call.service);
        let rule = self.0.iter().find(|rule| fits(&rule.service, &service) && fits(&rule.operation, call.operation))?;
        Some((rule.share.keeps(trace_id), &rule.reason))
    }
}

/// The SDK writes `CloudWatch Logs`, the attribute `aws.service` has no space: either may stand in a rule.
fn without_spaces(name: &str) -> String {
    name.replace(' ', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(texts: &[&str]) -> Operations {
        Operations::new(&texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<_>>())
    }

    fn decided(rules: &Operations, service: &str, operation: &str) -> Option<(bool, opentelemetry::Value)> {
        let id = TraceId::from(u128::from(u64::MAX / 2));
        let decided = rules.decide(CallName { service, operation }, id);
        decided.map(|(kept, reason)| (kept, reason.clone().into()))
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let rules = rules(&["DynamoDB.GetItem=1", "dynamodb.*=0", "CloudWatch Logs.put*=0.51", "s3.?eadObject=0.49"]);
        for (service, operation, expected) in [
            ("DynamoDB", "GetItem", Some((true, "operation DynamoDB.GetItem=1"))),
            ("DynamoDB", "PutItem", Some((false, "operation dynamodb.*=0"))),
            ("CloudWatch Logs", "PutLogEvents", Some((true, "operation CloudWatch Logs.put*=0.51"))),
            ("S3", "HeadObject", Some((false, "operation s3.?eadObject=0.49"))),
            ("S3", "HeadBucket", None),
            ("EC2", "DescribeInstances", None),
        ] {
            let expected = expected.map(|(kept, reason)| (kept, reason.into()));
            assert_eq!(decided(&rules, service, operation), expected, "{service}.{operation}");
        }
    }

    #[test]
    fn a_service_is_known_by_either_spelling() {
        assert!(decided(&rules(&["cloudwatchlogs.*=1"]), "CloudWatch Logs", "PutLogEvents").is_some());
        assert!(decided(&rules(&["Cloud Watch Logs.*=1"]), "CloudWatch Logs", "PutLogEvents").is_some());
    }
}
