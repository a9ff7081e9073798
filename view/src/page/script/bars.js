// The bars of a row.

const ONE_BY_ONE = 300;

/** Writes the bars of a row into its cell. */
function writeBars(cell, trace, row) {
  const parts = row.group === undefined ? spanBars(trace, row.span) : groupBars(trace, row.group);
  cell.replaceChildren(...parts);
}

function spanBars(trace, at) {
  const span = trace.spans[at];
  const end = endOf(trace, span);
  const kind = span.status === "error" ? "failed" : span.duration_us === null ? "open" : "";
  const bar = placed(trace, `span-bar ${kind}`, span.start_us, end);
  if (!bar) return [beyond(trace, span.start_us)];
  if (kind !== "failed") bar.style.color = colour(span.service);
  const events = span.events.slice(0, 50).filter((event) => event.time_us >= trace.window[0] && event.time_us <= trace.window[1]);
  return [
    bar,
    ...(showPath ? trace.path.get(at) ?? [] : []).map((part) => placed(trace, "path", part.start_us, part.start_us + part.duration_us)).filter(Boolean),
    ...events.map((event) => element("i", { class: "happened", title: visible(event.name), style: { left: `${across(trace, event.time_us)}%` } })),
  ];
}

/** Of a group, the stretches in which one of it was at work; they merge where they are closer than can be seen. */
function groupBars(trace, group) {
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

/** A stretch of time in the window, cut where the window ends; nothing for what is not in it. */
function placed(trace, name, start, end) {
  const [left, right] = [across(trace, start), across(trace, end)];
  if (right < 0 || left > 100) return null;
  const [from, to] = [Math.max(left, -1), Math.min(right, 101)];
  return element("i", { class: name, style: { left: `${from}%`, width: `${to - from}%` } });
}

const beyond = (trace, start) => start < trace.window[0]
  ? element("span", { class: "beyond left", title: "earlier than the window" }, "\u25c2")
  : element("span", { class: "beyond right", title: "later than the window" }, "\u25b8");

let showPath = true;
