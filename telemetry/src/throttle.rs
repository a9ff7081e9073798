//! Which errors are throttles.

/// Codes by which AWS services say that there were too many requests, mostly under status 400: the list of the AWS SDKs'
/// retry behaviour.
const CODES: [&str; 14] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "RequestThrottled",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
];

/// Whether an answer of AWS means that there were too many requests, by its error code or its HTTP status.
#[must_use]
pub fn is_throttle(code: &str, status: u16) -> bool {
    status == 429 || CODES.contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_throttle_is_known_by_code_or_by_status() {
        assert!(is_throttle("ProvisionedThroughputExceededException", 400));
        assert!(is_throttle("Whatever", 429));
        assert!(!is_throttle("ValidationException", 400));
    }
}
