// The rows of a waterfall: what is unfolded of a trace, from the top down.

/** A row is a span, or the spans of a group that are one row: `{ span | group, depth, opens, open, place, siblings }`. */
function rowsOf(trace) {
  const only = trace.found && trace.search.only ? trace.found.shown : null;
  const rows = [];
  const waiting = siblingsOf(trace, trace.roots, 0, only).reverse();
  while (waiting.length) {
    const row = waiting.pop();
    rows.push(row);
    if (!row.open) continue;
    const below = row.group === undefined
      ? siblingsOf(trace, trace.children[row.span], row.depth + 1, only)
      : trace.data.folded[row.group].map((span, i, all) => spanRow(trace, span, row.depth + 1, i, all.length, only));
    for (let i = below.length - 1; i >= 0; i -= 1) waiting.push(below[i]);
  }
  return rows;
}

function spanRow(trace, span, depth, i, siblings, only) {
  const below = trace.children[span];
  const opens = only ? below.some((child) => only.has(child)) : below.length > 0;
  return { span, depth, opens, open: opens && (only !== null || !trace.closed.has(span)), place: i + 1, siblings };
}

function siblingsOf(trace, spans, depth, only) {
  const seen = new Set();
  const units = [];
  for (const span of spans) {
    const group = only ? -1 : trace.group[span];
    if (only && !only.has(span)) continue;
    if (group < 0) units.push({ span });
    else if (!seen.has(group)) {
      seen.add(group);
      units.push({ group });
    }
  }
  return units.map((unit, i) => unit.group === undefined
    ? spanRow(trace, unit.span, depth, i, units.length, only)
    : { group: unit.group, depth, opens: true, open: trace.opened.has(unit.group), place: i + 1, siblings: units.length });
}

/** Unfolds whatever hides a span. */
function reveal(trace, at) {
  for (const span of [at, ...above(trace, at)]) {
    if (span !== at) trace.closed.delete(span);
    if (trace.group[span] >= 0) trace.opened.add(trace.group[span]);
  }
}

function toggle(trace, row) {
  const [set, key, adds] = row.group === undefined ? [trace.closed, row.span, row.open] : [trace.opened, row.group, !row.open];
  if (adds) set.add(key);
  else set.delete(key);
}

function foldAll(trace, fold) {
  trace.closed.clear();
  trace.opened.clear();
  if (fold) trace.spans.forEach((_, at) => trace.children[at].length && trace.closed.add(at));
  else trace.data.folded.forEach((_, group) => trace.opened.add(group));
}
