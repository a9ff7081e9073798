// The bars of a row.

const ONE_BY_ONE = 300;

/** Writes the bars of a row into its cell, of which the first is there already. */
function writeBars({ time, bar }, trace, row) {
  const others = row.group === undefined ? spanBars(bar, trace, row.span) : groupBars(bar, trace, row.group);
  if (others.length || time.childNodes.length > 1) time.replaceChildren(bar, ...others);
}

function spanBars(bar, trace, at) {
  const span = trace.spans[at];
  const kind = span.status === "error" ? " failed" : span.duration_us === null ? " open" : "";
  bar.className = `span-bar${kind}`;
  bar.style.color = kind === " failed" ? "" : colour(span.service);
  bar.hidden = !put(bar, trace, span.start_us, endOf(trace, span));
  if (bar.hidden) return [beyond(trace, span.start_us)];
  const path = showPath ? trace.path.get(at) ?? [] : [];
  const events = span.events.slice(0, 50).filter((event) => event.time_us >= trace.window[0] && event.time_us <= trace.window[1]);
  return [
    ...path.map((part) => placed(trace, "path", part.start_us, part.start_us + part.duration_us)).filter(Boolean),
    ...events.map((event) => element("i", { class: "happened", title: visible(event.name), style: { left: `${across(trace, event.time_us)}%` } })),
  ];
}

/** Of a group, the stretches in which one of it was at work; they merge where they are closer than can be seen. */
function groupBars(bar, trace, group) {
  bar.hidden = true;
  const spans = trace.data.folded[group].map((at) => trace.spans[at]);
  const near = (trace.window[1] - trace.window[0]) / ONE_BY_ONE;
  const stretches = [];
  for (const span of spans) {
    const last = stretches[stretches.length - 1];
    const end = endOf(trace, span);
    if (last && span.start_us <= last[1] + near) last[1] = Math.max(last[1], end);
    else stretches.push([span.start_us, end]);
  }
  const bars = stretches.map(([start, end]) => placed(trace, "span-bar one-of-many", start, end)).filter(Boolean);
  bars.forEach((bar) => (bar.style.color = colour(spans[0].service)));
  return bars.length ? bars : [beyond(trace, spans[0].start_us)];
}

/** Puts an element at a stretch of time, cut where the window ends; false for a stretch that is not in it. */
function put(one, trace, start, end) {
  const [left, right] = [across(trace, start), across(trace, end)];
  if (right < 0 || left > 100) return false;
  const [first, last_] = [Math.max(left, -1), Math.min(right, 101)];
  one.style.left = `${first}%`;
  one.style.width = `${last_ - first}%`;
  return true;
}

function placed(trace, name, start, end) {
  const one = element("i", { class: name });
  return put(one, trace, start, end) ? one : null;
}

const beyond = (trace, start) => start < trace.window[0]
  ? element("span", { class: "beyond left", title: "earlier than the window" }, "\u25c2")
  : element("span", { class: "beyond right", title: "later than the window" }, "\u25b8");

let showPath = true;
