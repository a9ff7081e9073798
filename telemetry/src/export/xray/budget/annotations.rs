//! Which annotations a part of a trace has. X-Ray indexes 50 a trace; the rest would be there and not be found.

use opentelemetry::trace::SpanId;

use crate::hash::{self, Keyed};

/// Most annotations that X-Ray indexes in a trace.
const MOST: usize = 50;
/// Of these, what is left for those that say who it was, such as the index of each task.
const FOR_WHOM: usize = 8;
/// Of these, what is left for the types of errors: what went wrong is found whatever else there was.
const FOR_ERRORS: usize = 6;

/// Those that say who it was: instance, array, index.
const WHO: [&str; 3] = ["spawn_instance_id", "spawn_job_array_id", "spawn_job_array_index"];
const ERROR_TYPE: &str = "error_type";

/// The annotations of a part: each pair of key and value once, on the first span that had it. The last ones may be those of
/// a document that is being written and may yet go elsewhere.
#[derive(Debug, Default)]
pub(crate) struct Annotations {
    key: Keyed,
    granted: Vec<Granted>,
    settled: usize,
}

#[derive(Debug, PartialEq, Eq)]
struct Granted {
    pair: u64,
    span: SpanId,
}

impl Annotations {
    /// Whether the span gets this annotation. The answer is the same each time that its document is written. A segment always
    /// says who it was, in words that the trace has already: it is what people look at.
    pub(crate) fn grant(&mut self, span: SpanId, is_top: bool, key: &str, value: &str) -> bool {
        let pair = hash::of(self.key, &(key, value));
        if let Some(granted) = self.granted.iter().find(|granted| granted.pair == pair) {
            return granted.span == span || (is_top && WHO.contains(&key));
        }
        let room = match key {
            ERROR_TYPE => MOST,
            _ if WHO.contains(&key) => MOST - FOR_ERRORS,
            _ => MOST - FOR_ERRORS - FOR_WHOM,
        };
        let granted = self.granted.len() < room;
        if granted {
            self.granted.push(Granted { pair, span });
        }
        granted
    }

    /// The document goes here, with what it was granted.
    pub(crate) fn settle(&mut self) {
        self.settled = self.granted.len();
    }

    /// The document goes elsewhere.
    pub(crate) fn give_back(&mut self) {
        self.granted.truncate(self.settled);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: SpanId = SpanId::from_bytes([1; 8]);
    const TWO: SpanId = SpanId::from_bytes([2; 8]);

    #[test]
    fn a_pair_is_granted_to_the_first_span_that_has_it_and_to_that_one_always() {
        let mut annotations = Annotations::default();
        for _ in 0..2 {
            assert!(annotations.grant(ONE, false, "aws_service", "s3"));
            annotations.settle();
            assert!(!annotations.grant(TWO, false, "aws_service", "s3"));
            assert!(annotations.grant(TWO, false, "aws_service", "sqs"));
            annotations.give_back();
        }
        assert!(annotations.grant(ONE, false, "aws_service", "sqs"), "what was given back is free");
    }

    #[test]
    fn a_segment_says_who_it_was_though_something_below_it_has_said_so() {
        let mut annotations = Annotations::default();
        assert!(annotations.grant(ONE, false, "spawn_instance_id", "i-0abc"));
        assert!(annotations.grant(TWO, true, "spawn_instance_id", "i-0abc"));
        assert!(!annotations.grant(TWO, false, "spawn_instance_id", "i-0abc"));
    }

    #[test]
    fn there_are_50_at_most_and_room_for_who_it_was_and_what_went_wrong() {
        let mut annotations = Annotations::default();
        let mut granted = |key: &str| (0..100).filter(|n| annotations.grant(ONE, false, key, &n.to_string())).count();
        assert_eq!(granted("aws_operation"), 36);
        assert_eq!(granted("spawn_job_array_index"), 8);
        assert_eq!(granted("error_type"), 6);
    }
}
