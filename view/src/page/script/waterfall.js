// The waterfall: a row for each span, bars on one time axis.

const ROW = 26;
/** Pixels that the time axis has on a page of paper across, near enough for its steps. */
const PAPER = 520;

/** Shows a trace, with one of its spans chosen if its id is given. */
function waterfall(main, trace, spanId) {
  const axis = element("div", { class: "axis", role: "columnheader", "aria-label": "Time" });
  const canvas = element("canvas", { "aria-hidden": "true" });
  const windowOn = element("div", { class: "window" });
  const edge = element("div", { class: "names-edge", "aria-hidden": "true" });
  const folds = element("span", { class: "folds" }, button("Fold all", () => act.fold(true), { id: "fold-all" }), button("Unfold all", () => act.fold(false), { id: "unfold-all" }));
  const head = element("div", { class: "head", role: "row" },
    element("div", { class: "head-name", role: "columnheader", "aria-label": "Span" }, element("span", {}, "Span"), folds, edge), element("div", { role: "columnheader", class: "took" }, "Took"), axis);
  const spacer = element("div", { class: "spacer", role: "rowgroup" });
  const chart = element("div", { class: "chart", id: "chart", role: "treegrid", tabindex: 0, "aria-label": "Spans of the trace", "aria-multiselectable": "false" }, head, spacer);
  const aside = element("aside", { class: "details", "aria-labelledby": "details-title", tabindex: -1, hidden: true, id: "details" });
  const told = element("p", { class: "on-paper" });
  let rows = [];
  const list = virtual(chart, spacer, ROW, emptyRow, (one, at) => writeRow(one, trace, rows[at], at));
  const act = actions({ trace, list, chart, aside, rows: () => rows });
  const about = element("div", {}, facts(trace), notesOf(trace) ?? "");
  main.replaceChildren(element("div", { class: "view" }, about, toolbar(trace, act), told, element("div", { class: "stage" }, chart, aside)));

  let drawnFor = "";
  now.draw = () => {
    rows = rowsOf(trace);
    trace.cursor = Math.max(0, Math.min(trace.cursor, rows.length - 1));
    const width = onPaper ? PAPER : axis.clientWidth;
    const { step, marks } = ticks(trace, width);
    axis.replaceChildren(canvas, windowOn, ...marks.map((mark) => element("span", { class: "tick", style: { left: `${mark.left}%` } }, mark.text)));
    const tick = (step * width) / (trace.window[1] - trace.window[0]);
    // On paper a cell is as wide as the paper lets it be.
    const wide = (pixels) => (onPaper ? `${(100 * pixels) / PAPER}%` : `${pixels}px`);
    chart.style.setProperty("--tick", wide(tick));
    chart.style.setProperty("--tick-from", wide(-((trace.window[0] / step) % 1) * tick));
    const whole = trace.whole[1] - trace.whole[0];
    windowOn.style.left = `${(100 * trace.window[0]) / whole}%`;
    windowOn.style.width = `${(100 * (trace.window[1] - trace.window[0])) / whole}%`;
    const picture = `${width} ${onPaper} ${document.documentElement.dataset.theme} ${trace.spans.length} ${trace.data.open} ${whole}`;
    if (picture !== drawnFor) drawMinimap(canvas, trace, width);
    drawnFor = picture;
    chart.setAttribute("aria-rowcount", rows.length + 1);
    told.textContent = onPaper ? [onlyMatches(trace), leftOut(rows.length, "rows")].filter(Boolean).join(" ") : "";
    list.draw(rows.length);
    const here = list.place(trace.cursor);
    if (here) chart.setAttribute("aria-activedescendant", here.id);
    else chart.removeAttribute("aria-activedescendant");
    by("found").textContent = trace.found ? foundText(trace) : "";
  };
  now.keys = waterfallKeys(act);
  now.renew = async () => {
    const before = trace.data;
    await source.trace(before.trace_id);
    if (now.trace !== trace || JSON.stringify(before.spans) === JSON.stringify(trace.data.spans)) return;
    about.replaceChildren(facts(trace), notesOf(trace) ?? "");
    if (!aside.hidden && trace.chosen >= 0) act.renew();
    now.draw();
  };
  // Over the small picture the whole trace is dragged over, below it what is in the window.
  dragging(axis, (event) => (event.target === canvas ? { window: trace.whole } : trace), (from_, to) => look(trace, from_, to));
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

/** What a search leaves out of the rows, said on paper, where the search itself is not. */
function onlyMatches(trace) {
  if (!trace.found || !trace.search.only) return "";
  return `Only what a search found, and what it hangs below: ${trace.found.shown.size.toLocaleString("en")} of ${count(trace.spans.length, "span")}.`;
}

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
