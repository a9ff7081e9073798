//! Amazon EventBridge: the member `TraceHeader` of each event; events that have one keep it. It counts for no limit (Amazon
//! EventBridge User Guide, "Calculating PutEvents event entry size").

use opentelemetry::trace::SpanContext;

use super::carried::Carried;
use super::json::{Insertions, Object, elements, quoted};

const HEADER: &str = "TraceHeader";

/// PutEvents.
pub(super) fn put(own: &SpanContext, body: &str) -> Option<String> {
    let member = format!("\"{HEADER}\":{}", quoted(&Carried::of(own)?.header));
    let mut insertions = Insertions::into(body);
    for entry in elements(Object::read(body)?.member("Entries")?)?.into_iter().filter_map(Object::read) {
        if entry.member(HEADER).is_none() {
            insertions.members(&entry, std::slice::from_ref(&member));
        }
    }
    insertions.apply()
}
