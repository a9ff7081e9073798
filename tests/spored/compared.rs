//! What other systems' tracing guides promise, shown with ours: one module for each, which cites the promise.

mod aistore;
mod nanokv;
mod sp1;

use serde_json::Value;

/// The spans among the lines of a log, each with its resource's attributes as plain JSON in `resource`.
fn whole_spans(log: &str) -> Vec<Value> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let whole = lines.filter_map(|line| {
        let mut span = line.pointer("/resourceSpans/0/scopeSpans/0/spans/0")?.clone();
        let of_resource = line.pointer("/resourceSpans/0/resource/attributes")?.as_array()?;
        let plain = |pair: &Value| {
            let value = pair["value"].as_object()?.values().next()?.clone();
            Some((pair["key"].as_str()?.to_owned(), value))
        };
        span["resource"] = Value::Object(of_resource.iter().filter_map(plain).collect());
        Some(span)
    });
    whole.collect()
}

/// When the span began and ended, in nanoseconds.
fn times(span: &Value) -> (u64, u64) {
    let time = |key: &str| span[key].as_str().unwrap().parse().unwrap();
    (time("startTimeUnixNano"), time("endTimeUnixNano"))
}

/// Trace and span id.
fn ids(span: &Value) -> (&str, &str) {
    (span["traceId"].as_str().unwrap(), span["spanId"].as_str().unwrap())
}

/// Those of the spans that it links to.
fn links(span: &Value) -> Vec<(&str, &str)> {
    span["links"].as_array().into_iter().flatten().map(ids).collect()
}

/// The spans below this one.
fn below<'a>(spans: &'a [Value], parent: &Value) -> Vec<&'a Value> {
    let is_below = |span: &&Value| span["parentSpanId"] == parent["spanId"] && span["traceId"] == parent["traceId"];
    spans.iter().filter(is_below).collect()
}
