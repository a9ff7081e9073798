//! Whatever comes, the account is right.

use super::*;
use proptest::prelude::*;

/// Spans of few traces and few ids, so that they come again, end, and contradict each other; some are none.
fn any_span() -> impl Strategy<Value = Message> {
    let ids = (1_u8..6, 0_u64..8, prop_oneof![Just(16_usize), Just(16), Just(16), 0_usize..20]);
    let times = (0_u64..3, prop_oneof![Just(0_u64), 1_u64..9]);
    (ids, times, 0_i32..4, "[a-c]{0,40}").prop_map(|((trace, id, length), (start, end), code, name)| Message {
        trace_id: vec![trace; length],
        parent_span_id: if id % 2 == 0 { Vec::new() } else { vec![1; 8] },
        start_time_unix_nano: start,
        end_time_unix_nano: end,
        status: Some(Status { code, message: String::new() }),
        ..span(trace, id, &name)
    })
}

/// The head that the spans of a trace would have if they had come alone.
fn figures(spans: &[Message]) -> [u64; 3] {
    let count = |of: &dyn Fn(&Message) -> bool| spans.iter().filter(|span| of(span)).count() as u64;
    let failed = |span: &Message| span.status.as_ref().is_some_and(|status| status.code == 2);
    [spans.len() as u64, count(&failed), count(&|span| span.end_time_unix_nano == 0)]
}

proptest! {
    #[test]
    fn nothing_is_lost_without_being_counted(
        coming in prop::collection::vec((any_span(), "[x-z]{0,3}", any::<bool>()), 0..120),
        spans in 0_usize..40,
        bytes in 0_usize..20_000,
    ) {
        let bounds = Bounds { spans, bytes };
        let mut store = Store::new(bounds);
        let sent = coming.len() as u64;
        for (span, service, again) in coming {
            let again = if again { Coming::Again } else { Coming::Fresh };
            store.add(of(&service, vec![span]), again);
            prop_assert!(store.spans() <= spans && store.bytes() <= bytes);
            let kept: usize = store.traces.values().map(Kept::len).sum();
            let size: usize = store.traces.values().map(Kept::size).sum();
            prop_assert_eq!((store.spans(), store.bytes() - store.origins.bytes()), (kept, size));
            prop_assert_eq!((store.order.len(), store.heads().count()), (store.traces(), store.traces()));
        }
        let tally = store.tally();
        prop_assert!(tally.received >= store.spans() as u64 + tally.evicted_spans);
        prop_assert!(tally.received + tally.repeated + tally.refused <= sent);
        for (id, head) in store.heads() {
            let messages = store.trace(id).unwrap().messages(usize::MAX);
            let spans: Vec<Message> =
                messages.into_iter().flat_map(|message| message.scope_spans).flat_map(|scope| scope.spans).collect();
            prop_assert_eq!([head.spans, head.errors, head.open], figures(&spans));
        }
        store.bounds = Bounds { spans: 0, bytes: 0 };
        while store.make_room() {}
        prop_assert_eq!((store.bytes(), store.spans(), store.traces()), (0, 0, 0));
    }
}
