//! `traceparent` and `tracestate` of the W3C's Trace Context.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};

use super::{PropagationError, excerpt, hex, remote};

/// Length that everyone has to pass on (W3C Trace Context section 3.3.1.5); longer ones are not worth their cost.
pub(super) const MOST_BYTES: usize = 512;
/// Entries that a `tracestate` may have (section 3.3.1.1).
pub(super) const MOST_ENTRIES: usize = 32;
/// Length of a version 00 `traceparent`.
const LENGTH: usize = 55;

/// Reads a context that another process sent.
///
/// A `tracestate` that cannot be read is left out with a warning: the specification keeps the `traceparent` then.
///
/// # Errors
/// When the `traceparent` is malformed.
pub fn remote_context(traceparent: &str, tracestate: Option<&str>) -> Result<Context, PropagationError> {
    let (trace_id, span_id, sampled) = parse(traceparent)?;
    let state = tracestate.map_or(Ok(TraceState::NONE), parse_state).unwrap_or_else(|error| {
        tracing::warn!(%error, "the tracestate of a carried context is left out");
        TraceState::NONE
    });
    let flags = TraceFlags::default().with_sampled(sampled);
    Ok(remote(SpanContext::new(trace_id, span_id, flags, true, state)))
}

/// The current span of `context` as a `traceparent`; `None` without one.
#[must_use]
pub fn traceparent(context: &Context) -> Option<String> {
    traceparent_of(context.span().span_context())
}

/// This span as a `traceparent`; `None` if its ids are zeros.
pub(crate) fn traceparent_of(span: &SpanContext) -> Option<String> {
    // Flags other than `sampled` are not ours to pass on.
    span.is_valid().then(|| format!("00-{}-{}-{:02x}", span.trace_id(), span.span_id(), u8::from(span.is_sampled())))
}

/// The `tracestate` that belongs to [`traceparent`]; `None` when it is empty or over the limits.
#[must_use]
pub fn tracestate(context: &Context) -> Option<String> {
    tracestate_of(context.span().span_context())
}

/// The `tracestate` that belongs to [`traceparent_of`]; `None` when it is empty or over the limits.
pub(crate) fn tracestate_of(span: &SpanContext) -> Option<String> {
    let state = span.trace_state().header();
    (!state.is_empty() && state.len() <= MOST_BYTES).then_some(state)
}

fn parse(text: &str) -> Result<(TraceId, SpanId, bool), PropagationError> {
    let malformed = || PropagationError::Traceparent(excerpt(text));
    // HTTP allows white space around a header's value (RFC 9110 section 5.5); no other carrier takes it off for us.
    let text = text.trim_matches([' ', '\t']);
    let head = text.get(..LENGTH).ok_or_else(malformed)?;
    let mut parts = head.split('-');
    let mut part = |digits| parts.next().and_then(|part| hex(part, digits));
    let (version, trace_id, span_id, flags) = match (part(2), part(32), part(16), part(2)) {
        (Some(version), Some(trace_id), Some(span_id), Some(flags)) => (version, trace_id, span_id, flags),
        _ => return Err(malformed()),
    };
    // Version 00 ends here; later ones may go on behind a hyphen, and ff is none.
    let ends_well = match text.as_bytes().get(LENGTH) {
        None => true,
        Some(next) => version != 0 && *next == b'-',
    };
    if version == 0xff || !ends_well {
        return Err(malformed());
    }
    let span_id = u64::try_from(span_id).map_err(|_| malformed())?;
    if trace_id == 0 || span_id == 0 {
        return Err(PropagationError::ZeroId(excerpt(text)));
    }
    Ok((TraceId::from(trace_id), SpanId::from(span_id), flags & 1 == 1))
}

fn parse_state(text: &str) -> Result<TraceState, PropagationError> {
    let members = || text.split(',').map(|member| member.trim_matches([' ', '\t'])).filter(|member| !member.is_empty());
    let (bytes, entries) = (text.len(), members().count());
    if bytes > MOST_BYTES || entries > MOST_ENTRIES {
        return Err(PropagationError::TracestateSize { bytes, entries });
    }
    let malformed = || PropagationError::Tracestate(excerpt(text));
    // The library takes less care: control characters, several `=`, keys and values of nothing. Further on they would be
    // refused as a header, an environment variable or an attribute of a message, and with them the call.
    let pairs: Option<Vec<_>> =
        members().map(|member| member.split_once('=').filter(|(key, value)| is_key(key) && is_value(value))).collect();
    TraceState::from_key_value(pairs.ok_or_else(malformed)?).map_err(|_| malformed())
}

/// A vendor's name, or a tenant's at a vendor (section 3.3.1.3.1). Names may begin with a digit, as level 2 has it.
fn is_key(key: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let sound = |name: &str, most: usize| {
        (1..=most).contains(&name.len())
            && name
                .bytes()
                .enumerate()
                .all(|(at, byte)| plain(byte) || at > 0 && matches!(byte, b'_' | b'-' | b'*' | b'/'))
    };
    match key.split_once('@') {
        None => sound(key, 256),
        Some((tenant, vendor)) => sound(tenant, 241) && sound(vendor, 14),
    }
}

/// Printable ASCII but for the two separators; it has an end that is no space (section 3.3.1.3.2).
fn is_value(value: &str) -> bool {
    (1..=256).contains(&value.len()) && value.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'=')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn read(text: &str) -> Result<SpanContext, PropagationError> {
        remote_context(text, None).map(|cx| cx.span().span_context().clone())
    }

    #[test]
    fn a_context_is_written_as_it_was_read() {
        let context = remote_context(SAMPLED, Some("vendor=1,other=2")).unwrap();
        assert_eq!(traceparent(&context).as_deref(), Some(SAMPLED));
        assert_eq!(tracestate(&context).as_deref(), Some("vendor=1,other=2"));
        let span = context.span().span_context().clone();
        assert!(span.is_remote() && span.is_sampled());
    }

    #[test]
    fn no_span_is_no_header() {
        assert_eq!((traceparent(&Context::new()), tracestate(&Context::new())), (None, None));
    }

    #[test]
    fn only_the_sampled_flag_is_read() {
        assert!(read(&SAMPLED.replace("-01", "-ff")).unwrap().is_sampled());
        assert!(!read(&SAMPLED.replace("-01", "-02")).unwrap().is_sampled());
    }

    #[test]
    fn a_future_version_is_read_as_far_as_it_is_known() {
        let future = SAMPLED.replacen("00", "cc", 1);
        assert_eq!(read(&future), read(SAMPLED));
        assert_eq!(read(&format!("{future}-what-the-future-brings")), read(SAMPLED));
    }

    #[test]
    fn what_is_no_traceparent_is_refused() {
        let long = format!("{SAMPLED}-01");
        for text in [
            "",
            "00",
            &SAMPLED[..54],
            &long,
            &SAMPLED.replacen("00", "ff", 1),
            &SAMPLED.replacen("00", "cc", 1).replace("-01", "-01."),
            &SAMPLED.replace("4bf9", "4BF9"),
            &SAMPLED.replace("4bf9", "+bf9"),
            &SAMPLED.replace("-00f0", "_00f0"),
            &SAMPLED.replace("4bf9", "ébf"),
        ] {
            assert_eq!(read(text), Err(PropagationError::Traceparent(excerpt(text))), "{text:?}");
        }
        for text in [
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        ] {
            assert_eq!(read(text), Err(PropagationError::ZeroId(text.to_owned())));
        }
    }

    #[test]
    fn a_tracestate_that_cannot_be_read_costs_the_tracestate_alone() {
        let long = format!("a={}", "x".repeat(511));
        assert_eq!(parse_state(&long), Err(PropagationError::TracestateSize { bytes: 513, entries: 1 }));
        let many = (0..33).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");
        assert_eq!(parse_state(&many), Err(PropagationError::TracestateSize { bytes: many.len(), entries: 33 }));
        assert_eq!(parse_state("no entry"), Err(PropagationError::Tracestate("no entry".to_owned())));
        for state in [long.as_str(), many.as_str(), "no entry"] {
            let context = remote_context(SAMPLED, Some(state)).unwrap();
            assert_eq!((traceparent(&context).as_deref(), tracestate(&context)), (Some(SAMPLED), None));
        }
    }

    #[test]
    fn a_key_begins_with_a_letter_or_a_digit_on_either_side() {
        assert!(["a", "1", "a_-*/", "1@a", "a@1_"].into_iter().all(is_key));
        assert!(!["", "_", "*a", "@a", "a@", "a@-b", "a@b@c", "A"].into_iter().any(is_key));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,80}", state in ".{0,600}") {
            if let Ok(context) = remote_context(&text, Some(&state)) {
                prop_assert!(traceparent(&context).is_some());
            }
        }

        #[test]
        fn every_context_is_read_as_it_was_written(trace in 1..u128::MAX, span in 1..u64::MAX, sampled: bool) {
            let flags = TraceFlags::default().with_sampled(sampled);
            let sent = SpanContext::new(TraceId::from(trace), SpanId::from(span), flags, true, TraceState::NONE);
            let text = traceparent(&remote(sent.clone())).unwrap();
            prop_assert_eq!(read(&text), Ok(sent));
        }
    }
}
