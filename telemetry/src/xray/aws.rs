//! The `aws` block of a call: what was asked of which service, and under which id. The names of the fields are those that
//! X-Ray's own SDKs give to the parameters.

use opentelemetry::{Array, Value};

use super::facts::{Facts, whole};
use super::limits::{DETAIL, ITEMS};
use super::pen::Pen;
use super::table::{Slot, between};

/// The fields. A segment tells its own account, and so not that of a call.
pub(super) fn fields(pen: &mut Pen<'_>, facts: &Facts<'_>, is_segment: bool) {
    if let Some(operation) = facts.operation() {
        pen.field("operation", operation, DETAIL);
    }
    if let Some(region) = facts.text(Slot::AwsRegion).or_else(|| facts.text(Slot::CloudRegion)) {
        pen.field("region", region, DETAIL);
    }
    if let Some(attempts) = facts.get(Slot::Attempts).and_then(whole) {
        pen.count("retries", attempts.saturating_sub(1).max(0));
    }
    for place in facts.filled(between(Slot::RequestId, Slot::EventRule)) {
        let Some(value) = facts.get(place.slot) else { continue };
        match place.slot {
            Slot::TableNames => tables(pen, value),
            Slot::RemoteAccount if is_segment => {}
            _ => {
                pen.key(&place.field["aws.".len()..]);
                pen.detail(value, DETAIL);
            }
        }
    }
    resources(pen, facts);
}

/// One table has a field of its own: by it X-Ray tells the table's node.
fn tables(pen: &mut Pen<'_>, value: &Value) {
    match value {
        Value::Array(Array::String(names)) if names.len() == 1 => pen.field("table_name", names[0].as_str(), DETAIL),
        Value::String(name) => pen.field("table_name", name.as_str(), DETAIL),
        _ => {
            pen.key("table_names");
            pen.detail(value, DETAIL);
        }
    }
}

/// Several attributes name resources; all of them count.
fn resources(pen: &mut Pen<'_>, facts: &Facts<'_>) {
    let named = facts.filled(between(Slot::InvokedArn, Slot::ParameterNames));
    let named = named.filter_map(|place| facts.get(place.slot));
    let list = pen.open_list("resource_names");
    for value in named {
        match value {
            Value::Array(Array::String(names)) => {
                for name in names.iter().take(ITEMS.min(pen.level.others)) {
                    pen.comma();
                    pen.text(name.as_str(), DETAIL);
                }
            }
            other => {
                pen.comma();
                pen.text(&other.as_str(), DETAIL);
            }
        }
    }
    pen.close_list(list);
}
