//! AWS Step Functions: the member `traceHeader` of a start; one that is set stays.

use opentelemetry::trace::SpanContext;

use super::carried::Carried;
use super::json::{Insertions, Object, quoted};

const HEADER: &str = "traceHeader";

/// StartExecution and StartSyncExecution.
pub(super) fn start(own: &SpanContext, body: &str) -> Option<String> {
    let request = Object::read(body)?;
    if request.member(HEADER).is_some() {
        return None;
    }
    let mut insertions = Insertions::into(body);
    insertions.members(&request, &[format!("\"{HEADER}\":{}", quoted(&Carried::of(own)?.header))]);
    insertions.apply()
}
