//! How much a message may hold, and how much it holds.

/// Attributes that a message has room for. SNS allows more, but a queue that gets them raw drops such a message (Amazon SQS
/// Developer Guide, "Message quotas"; Amazon SNS Developer Guide, "Message attributes").
pub(super) const MOST_ATTRIBUTES: usize = 10;
/// What a message may hold, and what all the messages of a request may hold together: 1 MiB.
pub(super) const MOST_BYTES: usize = 1_048_576;
/// Queues and topics may have a limit of their own, of which a sender knows nothing: 256 KiB was the rule for long. Such
/// limits are powers of two, nearly always, and hardly ever below this one.
pub(super) const LEAST_LIMIT: usize = 32_768;

/// Whether a message, or a batch of them, of this many bytes can take more without going over a limit that it has kept.
pub(super) fn fits(before: usize, more: usize) -> bool {
    let limit = before.max(LEAST_LIMIT).checked_next_power_of_two().unwrap_or(MOST_BYTES).min(MOST_BYTES);
    before.checked_add(more).is_some_and(|after| after <= limit)
}

/// Bytes that a value holds which travels in base64.
pub(super) fn of_base64(text: &str) -> usize {
    let padding = text.bytes().rev().take_while(|byte| *byte == b'=').count();
    (text.len() / 4 * 3).saturating_sub(padding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_carried_over_a_limit_that_a_queue_may_have() {
        for limit in [LEAST_LIMIT, 65_536, 262_144, MOST_BYTES] {
            assert_eq!((fits(limit - 72, 72), fits(limit - 71, 72)), (true, false), "{limit}");
        }
        assert!(fits(10, 600) && !fits(MOST_BYTES + 1, 1) && !fits(usize::MAX, 1));
    }

    #[test]
    fn base64_is_counted_as_what_it_holds() {
        for bytes in [&b""[..], b"a", b"ab", b"abc", b"abcd"] {
            assert_eq!(of_base64(&aws_smithy_types::base64::encode(bytes)), bytes.len());
        }
        assert_eq!(of_base64("===="), 0);
    }
}
