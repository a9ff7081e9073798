// A trace with its tree, and with what the person who looks at it has folded, found and chosen.

/** Bars of one service have one colour, the same in every view. */
const colours = new Map();
function colour(service) {
  if (!colours.has(service)) colours.set(service, `var(--service-${colours.size % 10})`);
  return colours.get(service);
}

function model(data) {
  const size = data.spans.length;
  const children = Array.from({ length: size }, () => []);
  const roots = [];
  data.spans.forEach((span, at) => (span.parent === null ? roots : children[span.parent]).push(at));
  const group = new Array(size).fill(-1);
  data.folded.forEach((spans, number) => spans.forEach((at) => (group[at] = number)));
  const places = new Map(data.spans.map((span, at) => [span.span_id, at]));
  const notes = new Map();
  data.notes.filter((note) => note.span !== null).forEach((note) => {
    if (!notes.has(note.span)) notes.set(note.span, []);
    notes.get(note.span).push(note.text);
  });
  const path = new Map();
  for (const part of data.critical_path) {
    if (!path.has(part.span)) path.set(part.span, []);
    path.get(part.span).push(part);
  }
  data.services.forEach(colour);
  // A trace of no length is looked at through a window of a microsecond.
  const whole = [0, Math.max(data.duration_us, 1)];
  return {
    data, spans: data.spans, children, roots, group, places, notes, path, whole,
    window: whole, closed: new Set(), opened: new Set(), chosen: -1, cursor: 0,
    search: { text: "", errors: false, service: "", least: 0, only: false }, found: null, texts: [],
  };
}

/** When a span ends on the time axis: one that is under way, at the trace's end. */
const endOf = (trace, span) => (span.duration_us === null ? Math.max(trace.whole[1], span.start_us) : span.start_us + span.duration_us);

/** The time of a span in which none of its children was at work. */
function ownTime(trace, at) {
  const span = trace.spans[at];
  const [start, end] = [span.start_us, endOf(trace, span)];
  let covered = 0, until = start;
  const below = trace.children[at].map((child) => trace.spans[child]).sort((a, b) => a.start_us - b.start_us);
  for (const child of below) {
    const from = Math.max(child.start_us, until);
    const to = Math.min(endOf(trace, child), end);
    if (to > from) covered += to - from;
    until = Math.max(until, to);
  }
  return end - start - covered;
}

/** The spans above one, from its parent on. */
function above(trace, at) {
  const found = [];
  for (let parent = trace.spans[at].parent; parent !== null; parent = trace.spans[parent].parent) found.push(parent);
  return found;
}
