//! The addresses at which the X-Ray console shows a trace.

use opentelemetry::trace::TraceId;
use serde::Serialize;

use crate::id::xray_form;

/// Where the console that has the traces is; nowhere for traces that were not read from X-Ray.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ConsoleLinks {
    /// What stands before the id of a trace, in X-Ray's form, in the address of its page.
    trace_prefix: Option<String>,
}

impl ConsoleLinks {
    /// No console: these traces are known to no X-Ray.
    #[must_use]
    pub const fn none() -> Self {
        Self { trace_prefix: None }
    }

    /// The console of this region, in the partition that the region belongs to.
    #[must_use]
    pub fn of_region(region: &str) -> Self {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        // A region comes from a profile or a variable: what is none cannot become a part of an address.
        if region.is_empty() || !region.bytes().all(plain) {
            return Self::none();
        }
        let domain = match region.split('-').take(2).collect::<Vec<_>>().as_slice() {
            ["cn", ..] => "console.amazonaws.cn",
            ["us", "gov"] => "console.amazonaws-us-gov.com",
            _ => "console.aws.amazon.com",
        };
        let trace_prefix = format!("https://{region}.{domain}/cloudwatch/home?region={region}#xray:traces/");
        Self { trace_prefix: Some(trace_prefix) }
    }

    /// The console's page of this trace.
    #[must_use]
    pub fn trace(&self, id: TraceId) -> Option<String> {
        self.trace_prefix.as_ref().map(|prefix| format!("{prefix}{}", xray_form(id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_console_is_that_of_the_regions_partition() {
        let id = TraceId::from_hex("5f84c7a1000102030405060708090a0b").unwrap();
        let address = |region| ConsoleLinks::of_region(region).trace(id);
        let of = |host: &str, region: &str| {
            Some(format!(
                "https://{host}/cloudwatch/home?region={region}#xray:traces/1-5f84c7a1-000102030405060708090a0b"
            ))
        };
        assert_eq!(address("eu-central-1"), of("eu-central-1.console.aws.amazon.com", "eu-central-1"));
        assert_eq!(address("cn-north-1"), of("cn-north-1.console.amazonaws.cn", "cn-north-1"));
        assert_eq!(address("us-gov-west-1"), of("us-gov-west-1.console.amazonaws-us-gov.com", "us-gov-west-1"));
        assert_eq!(ConsoleLinks::none().trace(id), None);
    }

    #[test]
    fn what_is_no_region_becomes_no_address() {
        for text in ["", "eu\"central", "x#y", "x/y", "EU"] {
            assert_eq!(ConsoleLinks::of_region(text), ConsoleLinks::none(), "{text}");
        }
    }
}
