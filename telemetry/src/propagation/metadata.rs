//! The user metadata of an S3 object as a carrier: what was uploaded says in which span.

use std::collections::{BTreeMap, HashMap};

use opentelemetry::Context;

use super::{PropagationError, pair};

/// The metadata that says in which span an object was made; empty without one. All of it is printable ASCII, as the
/// headers are that carry it. With the longest values it takes 588 of the 2,048 bytes that S3 gives to user metadata
/// (Amazon S3 User Guide, "Working with object metadata").
#[must_use]
pub fn to_metadata(context: &Context) -> BTreeMap<&'static str, String> {
    pair::write(context)
}

/// The span in which an object was made, as its metadata says; one that is malformed is left out with a warning. Names
/// count in any case: S3 writes them in lower case, other stores as they came.
#[must_use]
pub fn from_metadata(metadata: &HashMap<String, String>) -> Option<Context> {
    pair::or_warn("an object", read(metadata))
}

fn read(metadata: &HashMap<String, String>) -> Result<Option<Context>, PropagationError> {
    pair::read(|wanted| {
        let found = metadata.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::propagation::pair::{TRACEPARENT, TRACESTATE};
    use crate::propagation::{remote_context, traceparent, tracestate, w3c};

    const VALUE: &str = "00-58406520a006649127e371903a2de979-53995c3f42cd8ad8-01";

    fn metadata(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn an_object_says_in_which_span_it_was_made() {
        let context = remote_context(VALUE, Some("vendor=1")).unwrap();
        let written = to_metadata(&context);
        assert_eq!(written, [(TRACEPARENT, VALUE.to_owned()), (TRACESTATE, "vendor=1".to_owned())].into());
        let stored = written.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let read = from_metadata(&stored).unwrap();
        assert_eq!((traceparent(&read).as_deref(), tracestate(&read).as_deref()), (Some(VALUE), Some("vendor=1")));
        assert_eq!(to_metadata(&Context::new()), BTreeMap::new());
    }

    #[test]
    fn names_count_in_any_case() {
        let context = from_metadata(&metadata(&[("Traceparent", VALUE), ("TraceState", "vendor=1")])).unwrap();
        assert_eq!(
            (traceparent(&context).as_deref(), tracestate(&context).as_deref()),
            (Some(VALUE), Some("vendor=1"))
        );
    }

    #[test]
    fn an_absent_or_malformed_context_is_none() {
        for pairs in [[].as_slice(), &[("owner", "me")], &[("traceparent", "")], &[("tracestate", "vendor=1")]] {
            assert!(matches!(read(&metadata(pairs)), Ok(None)), "{pairs:?}");
        }
        // What is not ASCII comes back from S3 in the form of RFC 2047.
        let broken = "=?UTF-8?B?MDAtw6k=?=";
        assert_eq!(
            read(&metadata(&[("traceparent", broken)])).unwrap_err(),
            PropagationError::Traceparent(broken.to_owned())
        );
        assert!(from_metadata(&metadata(&[("traceparent", broken)])).is_none());
    }

    #[test]
    fn the_longest_context_is_a_part_of_what_s3_takes() {
        const LIMIT: usize = 2_048;
        let longest = TRACEPARENT.len() + VALUE.len() + TRACESTATE.len() + w3c::MOST_BYTES;
        assert_eq!((longest, longest < LIMIT), (588, true));
    }
}
