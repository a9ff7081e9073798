//! An item of DynamoDB as a carrier: who wrote it says in which span.
//!
//! DynamoDB carries no context by itself, and attributes cost their size, so that nothing is written into items unasked.

use std::collections::BTreeMap;

use opentelemetry::Context;

use super::pair;

/// The attributes, all of them strings, that say in which span an item was written; empty without one. The longest weigh
/// 588 bytes.
#[must_use]
pub fn to_item(context: &Context) -> BTreeMap<&'static str, String> {
    pair::write(context)
}

/// The span in which an item was written, as its attributes say, which `attribute` looks up by their names; one that is
/// malformed is left out with a warning.
///
/// ```
/// use std::collections::HashMap;
/// # use spawn_telemetry::propagation::{from_item, traceparent};
/// let item = HashMap::from([("traceparent", "00-58406520a006649127e371903a2de979-53995c3f42cd8ad8-01")]);
/// let context = from_item(|name| item.get(name).copied()).expect("the item says in which span it was written");
/// assert_eq!(traceparent(&context).as_deref(), item.get("traceparent").copied());
/// ```
#[must_use]
pub fn from_item<'a>(attribute: impl Fn(&str) -> Option<&'a str>) -> Option<Context> {
    pair::or_warn("an item", pair::read(attribute))
}
