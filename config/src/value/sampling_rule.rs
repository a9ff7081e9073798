//! Shares of single operations: `SERVICE.OPERATION=RATE`, with `*` and `?` in the names.

use std::fmt;
use std::str::FromStr;

use crate::{SamplingRate, ValueError};

/// Longest pattern; service and operation names of AWS have fewer characters together.
const LONGEST: usize = 128;

/// The share of the calls of some operations. Names are compared without regard to case and spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamplingRule {
    pattern: String,
    rate: SamplingRate,
}

impl SamplingRule {
    /// The pattern as it was written, `S3.Head*` for example.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// The share of the calls that match.
    #[must_use]
    pub const fn rate(&self) -> SamplingRate {
        self.rate
    }
}

impl fmt::Display for SamplingRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.pattern, self.rate)
    }
}

impl FromStr for SamplingRule {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let expected = || ValueError::expected("SERVICE.OPERATION=RATE such as `DynamoDB.GetItem=0.01` or `S3.*=0`");
        let (pattern, rate) = text.split_once('=').ok_or_else(expected)?;
        let (pattern, rate) = (pattern.trim(), rate.trim());
        let (service, operation) = pattern.split_once('.').ok_or_else(expected)?;
        let named = |name: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'?' | b'-' | b'_' | b' ');
            !name.trim().is_empty() && name.bytes().all(plain)
        };
        if !named(service) || !named(operation) || pattern.len() > LONGEST {
            return Err(expected());
        }
        let rate = rate.parse().map_err(|_| {
            ValueError::expected("SERVICE.OPERATION=RATE with a rate from 0.0 to 1.0, such as `S3.*=0.1` for 10 %")
        })?;
        Ok(Self { pattern: pattern.to_owned(), rate })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refusal(text: &str) -> String {
        text.parse::<SamplingRule>().unwrap_err().to_string()
    }

    #[test]
    fn a_rule_is_a_pattern_and_a_rate() {
        let rule: SamplingRule = " CloudWatch Logs.Put* = 0.25 ".parse().unwrap();
        assert_eq!((rule.pattern(), rule.rate().value()), ("CloudWatch Logs.Put*", 0.25));
        assert_eq!(rule.to_string(), "CloudWatch Logs.Put*=0.25");
    }

    #[test]
    fn what_is_no_rule_is_told_what_would_do() {
        let long = format!("S3.{}=1", "a".repeat(LONGEST));
        for text in [
            "",
            "S3",
            "S3=1",
            "S3.*",
            "=1",
            ".Get=1",
            "S3.=1",
            "S3. =1",
            "S3.Get.Item=1",
            "S3.Gét=1",
            "S3.a,b=1",
            &long,
        ] {
            assert_eq!(
                refusal(text),
                "expected SERVICE.OPERATION=RATE such as `DynamoDB.GetItem=0.01` or `S3.*=0`",
                "{text:?}"
            );
        }
        for text in ["S3.*=", "S3.*=2", "S3.*=-1", "S3.*=1=1", "S3.*=nan", "S3.*=10%"] {
            let expected = "expected SERVICE.OPERATION=RATE with a rate from 0.0 to 1.0, such as `S3.*=0.1` for 10 %";
            assert_eq!(refusal(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_rule_is_read_back_as_it_is_printed(
            pattern in "[A-Za-z0-9*?]{1,20}\\.[A-Za-z0-9*?]{1,20}", share in 0.0..=1.0_f64,
        ) {
            let rule: SamplingRule = format!("{pattern}={share}").parse().unwrap();
            prop_assert_eq!(rule.to_string().parse(), Ok(rule));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in any::<String>()) {
            drop(text.parse::<SamplingRule>());
        }
    }
}
