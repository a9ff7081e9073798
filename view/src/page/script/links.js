// Links from span to span: within the page where the span is here, to the console where it may be there.

const knownTraces = new Set();

/** A link to a span, as a person follows it. */
function linkTo(traceId, spanId, text) {
  if (knownTraces.has(traceId) || settings.live) {
    return element("a", { href: address.trace(traceId, spanId), class: "mono" }, text);
  }
  const console_ = consoleOf(xrayForm(traceId));
  const label = element("span", { class: "mono" }, text);
  if (!console_) return element("span", {}, label, element("span", { class: "quiet" }, " (not in this page)"));
  return element("span", {}, label, " ", outside(console_));
}

const outside = (href) => element("a", { href, target: "_blank", rel: "noopener noreferrer" }, "X-Ray console");

/** Ids of spans by which other spans of this trace link to them, so that a link is seen from both ends. */
function linksHere(trace, at) {
  if (!trace.linked) {
    trace.linked = new Map();
    trace.spans.forEach((span, from_) => span.links.forEach((link) => {
      if (!trace.linked.has(link.span_id)) trace.linked.set(link.span_id, []);
      if (link.trace_id === trace.data.trace_id) trace.linked.get(link.span_id).push(from_);
    }));
  }
  return trace.linked.get(trace.spans[at].span_id) ?? [];
}
