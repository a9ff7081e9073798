// Which spans a search finds.

/** All that can be searched of a span, in lower case; made once, when somebody searches. */
function textOf(trace, at) {
  if (trace.texts[at] === undefined) {
    const span = trace.spans[at];
    const said = (object) => Object.entries(object).map(([key, value]) => `${key}=${shown(value)}`);
    const parts = [span.name, span.service, span.kind, span.span_id, span.status, span.status_message, ...said(span.attributes)];
    span.events.forEach((event) => parts.push(event.name, ...said(event.attributes)));
    span.links.forEach((link) => parts.push(link.trace_id, link.span_id));
    trace.texts[at] = parts.join("\n").toLowerCase();
  }
  return trace.texts[at];
}

/** Searches, and keeps what was found: `null` when nothing was asked for. */
function search(trace) {
  const { text, errors, service, least } = trace.search;
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length && !errors && !service && !least) {
    trace.found = null;
    return;
  }
  const all = new Set();
  trace.spans.forEach((span, at) => {
    const fits = (!errors || span.status === "error") && (!service || span.service === service)
      && (!least || endOf(trace, span) - span.start_us >= least)
      && words.every((word) => textOf(trace, at).includes(word));
    if (fits) all.add(at);
  });
  const shown = new Set(all);
  for (const at of all) {
    for (let up = trace.spans[at].parent; up !== null && !shown.has(up); up = trace.spans[up].parent) shown.add(up);
  }
  trace.found = { all, shown, order: topDown(trace).filter((at) => all.has(at)) };
}

/** Every span, parents before their children. */
function topDown(trace) {
  if (!trace.order) {
    trace.order = [];
    const waiting = [...trace.roots].reverse();
    while (waiting.length) {
      const at = waiting.pop();
      trace.order.push(at);
      const below = trace.children[at];
      for (let i = below.length - 1; i >= 0; i -= 1) waiting.push(below[i]);
    }
  }
  return trace.order;
}

/** `50ms`, `2 s`, `1.5m` or microseconds without a unit; nothing for anything else. */
function microseconds(text) {
  const parts = /^\s*([\d.]+)\s*(us|\u00b5s|ms|s|m|min|h)?\s*$/.exec(text);
  const units = { us: 1, "\u00b5s": 1, ms: 1e3, s: 1e6, m: 6e7, min: 6e7, h: 3.6e9 };
  return parts ? Number(parts[1]) * units[parts[2] ?? "us"] || 0 : 0;
}
