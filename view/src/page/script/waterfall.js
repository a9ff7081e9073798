// The waterfall: a row for each span, bars on one time axis.

const ROW = 26;

/** Shows a trace, with one of its spans chosen if its id is given. */
function waterfall(main, trace, spanId) {
  const axis = element("div", { class: "axis", role: "columnheader", "aria-label": "Time" });
  const canvas = element("canvas", { "aria-hidden": "true" });
  const windowOn = element("div", { class: "window" });
  const edge = element("div", { class: "names-edge", "aria-hidden": "true" });
  const folds = element("span", { class: "folds", role: "presentation" }, button("Fold all", () => act.fold(true), { id: "fold-all" }), button("Unfold all", () => act.fold(false), { id: "unfold-all" }));
  const head = element("div", { class: "head", role: "row" },
    element("div", { class: "head-name", role: "presentation" }, element("span", { role: "columnheader" }, "Span"), folds, edge), element("div", { role: "columnheader", class: "took" }, "Took"), axis);
  const spacer = element("div", { class: "spacer", role: "rowgroup" });
  const chart = element("div", { class: "chart", id: "chart", role: "treegrid", tabindex: 0, "aria-label": "Spans of the trace", "aria-multiselectable": "false" }, head, spacer);
  const aside = element("aside", { class: "details", "aria-labelledby": "details-title", tabindex: -1, hidden: true, id: "details" });
  let rows = [];
  const list = virtual(chart, spacer, ROW, emptyRow, (one, at) => writeRow(one, trace, rows[at], at));
  const act = actions({ trace, list, chart, aside, rows: () => rows });
  main.replaceChildren(element("div", { class: "view" }, facts(trace), notesOf(trace) ?? "", toolbar(trace, act), element("div", { class: "stage" }, chart, aside)));

  let drawnFor = "";
  now.draw = () => {
    rows = rowsOf(trace);
    trace.cursor = Math.max(0, Math.min(trace.cursor, rows.length - 1));
    const width = axis.clientWidth;
    const { step, marks } = ticks(trace, width);
    axis.replaceChildren(canvas, windowOn, ...marks.map((mark) => element("span", { class: "tick", style: { left: `${mark.left}%` } }, mark.text)));
    const tick = (step * width) / (trace.window[1] - trace.window[0]);
    chart.style.setProperty("--tick", `${tick}px`);
    chart.style.setProperty("--tick-from", `${-((trace.window[0] / step) % 1) * tick}px`);
    const whole = trace.whole[1] - trace.whole[0];
    windowOn.style.left = `${(100 * trace.window[0]) / whole}%`;
    windowOn.style.width = `${(100 * (trace.window[1] - trace.window[0])) / whole}%`;
    const picture = `${width} ${document.documentElement.dataset.theme} ${trace.spans.length}`;
    if (picture !== drawnFor) drawMinimap(canvas, trace, width);
    drawnFor = picture;
    chart.setAttribute("aria-rowcount", rows.length + 1);
    list.draw(rows.length);
    const here = list.place(trace.cursor);
    if (here) chart.setAttribute("aria-activedescendant", here.id);
    else chart.removeAttribute("aria-activedescendant");
    by("found").textContent = trace.found ? foundText(trace) : "";
  };
  now.keys = waterfallKeys(act);
  dragging(axis, () => trace, (from_, to) => look(trace, from_, to));
  axis.addEventListener("dblclick", () => look(trace, ...trace.whole));
  dragging(spacer, () => barWindow(trace, spacer, axis), (from_, to) => look(trace, from_, to), (event) => pressedRow(event, act, rows));
  wheel(chart, axis, trace);
  moveEdge(edge, chart);
  if (spanId && trace.places.has(spanId)) act.choose(trace.places.get(spanId), true);
  else if (trace.chosen >= 0) act.choose(trace.chosen, true);
  now.draw();
  list.show(trace.cursor);
  chart.focus({ preventScroll: true });
  observer.disconnect();
  observer.observe(axis);
}

const observer = new ResizeObserver(() => changed());

/** The window of time over the whole of the rows, of which the bars are only the right part. */
function barWindow(trace, spacer, axis) {
  const [all, bars] = [spacer.getBoundingClientRect(), axis.getBoundingClientRect()];
  const perPixel = (trace.window[1] - trace.window[0]) / Math.max(bars.width, 1);
  return { window: [trace.window[0] - (bars.left - all.left) * perPixel, trace.window[1] + (all.right - bars.right) * perPixel] };
}

function emptyRow() {
  const name = element("div", { class: "name", role: "gridcell" });
  const took = element("div", { class: "took", role: "gridcell" });
  const time = element("div", { class: "time", role: "gridcell", "aria-hidden": "true" });
  const one = element("div", { class: "row", role: "row", hidden: true }, name, took, time);
  return Object.assign(one, { parts: { name, took, time } });
}

function writeRow(one, trace, row, at) {
  const group = row.group === undefined ? null : trace.data.folded[row.group];
  const first = group ? group[0] : row.span;
  const span = trace.spans[first];
  const { name, took, time } = one.parts;
  const found = trace.found !== null && (group ? group.some((each) => trace.found.all.has(each)) : trace.found.all.has(first));
  one.id = `row-${at}`;
  one.className = ["row", at === trace.cursor && "cursor", found && "match", trace.found && !found && "aside"].filter(Boolean).join(" ");
  const set = { "aria-level": row.depth + 1, "aria-rowindex": at + 2, "aria-posinset": row.place, "aria-setsize": row.siblings, "aria-selected": at === trace.cursor };
  for (const [key, value] of Object.entries(set)) one.setAttribute(key, value);
  if (row.opens) one.setAttribute("aria-expanded", row.open);
  else one.removeAttribute("aria-expanded");
  one.dataset.span = group ? "" : span.span_id;
  name.style.paddingLeft = `${6 + Math.min(row.depth, 24) * 13}px`;
  name.replaceChildren(...nameParts(trace, row, group, span));
  took.textContent = group ? `\u2264${duration(longest(trace, group))}` : duration(span.duration_us);
  took.title = group ? "none of them took longer" : "";
  writeBars(time, trace, row);
}

function nameParts(trace, row, group, span) {
  const mark = (kind, sign_, text) => element("span", { class: `mark ${kind}`, title: text }, element("span", { "aria-hidden": "true" }, sign_), element("span", { class: "unseen" }, `${text} `));
  return [
    row.opens
      ? element("button", { class: "fold", type: "button", tabindex: -1, "aria-hidden": "true" }, row.open ? "\u25bc" : "\u25b6")
      : element("span", { class: "nofold" }),
    row.depth > 24 && element("span", { class: "quiet" }, `${row.depth}\u00a0`),
    element("i", { class: "swatch", style: { color: colour(span.service) } }),
    !group && span.status === "error" && mark("bad", "\u2716", "error"),
    !group && span.duration_us === null && mark("open", "\u2026", "under way"),
    !group && span.links.length > 0 && mark("link", "\u21c4", "has links"),
    element("span", { class: "label" }, span.service && element("span", { class: "service" }, from(span.service.slice(0, 200))), span.service && " ",
      from((span.name || "(no name)").slice(0, 300)), group && ` \u00d7 ${group.length.toLocaleString("en")}`),
  ].filter(Boolean);
}

const longest = (trace, group) => group.reduce((most, at) => Math.max(most, trace.spans[at].duration_us ?? 0), 0);

function foundText(trace) {
  const { order, all } = trace.found;
  if (!all.size) return "nothing found";
  const at = order.indexOf(trace.chosen);
  return at < 0 ? `${all.size.toLocaleString("en")} found` : `${(at + 1).toLocaleString("en")} of ${all.size.toLocaleString("en")}`;
}

/** A click on a row chooses it, one on its triangle folds it. */
function pressedRow(event, act, rows) {
  const one = event.target.closest(".row");
  if (!one || one.place === undefined || !rows[one.place]) return;
  if (event.target.closest(".fold")) act.toggle(one.place);
  else act.open(one.place, false);
}

/** The wheel zooms with Ctrl held, and moves the window sideways. */
function wheel(chart, axis, trace) {
  chart.addEventListener("wheel", (event) => {
    const box = axis.getBoundingClientRect();
    const [from_, to] = trace.window;
    if (event.ctrlKey) {
      zoom(trace, event.deltaY > 0 ? 1.25 : 0.8, from_ + ((to - from_) * (event.clientX - box.left)) / box.width);
    } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) pan(trace, event.deltaX / box.width);
    else return;
    event.preventDefault();
  }, { passive: false });
}

function moveEdge(edge, chart) {
  edge.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    event.stopPropagation();
    const move = (next) => {
      const width = next.clientX - chart.getBoundingClientRect().left;
      chart.style.setProperty("--names", `${Math.max(120, Math.min(width, chart.clientWidth - 250))}px`);
      changed();
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", () => removeEventListener("pointermove", move), { once: true });
  });
}
