// What can be done in the waterfall, by mouse and by keys alike.

function actions({ trace, list, chart, aside, rows }) {
  const placeOf = (span) => rowsOf(trace).findIndex((row) => row.span === span);
  const showDetails = (span) => {
    trace.chosen = span;
    rememberSpan(trace, span);
    aside.hidden = false;
    aside.replaceChildren(...details(trace, span, {
      close: act.close, zoom: () => act.zoomTo(span), parent: () => act.choose(trace.spans[span].parent, true),
      fold: () => { trace.opened.delete(trace.group[span]); changed(); },
    }));
    aside.scrollTop = 0;
  };
  const act = {
    trace,
    focus: () => chart.focus({ preventScroll: true }),
    /** Brings a span into sight, wherever it is folded away, with its details. */
    choose: (span, show) => {
      reveal(trace, span);
      trace.cursor = Math.max(0, placeOf(span));
      showDetails(span);
      now.draw();
      if (show) list.show(trace.cursor);
      inWindow(trace, span);
      changed();
    },
    /** Moves the cursor to a row; the details follow if they are open. */
    move: (to) => {
      const at = Math.max(0, Math.min(to, rows().length - 1));
      trace.cursor = at;
      const row = rows()[at];
      if (row && row.group === undefined && !aside.hidden) showDetails(row.span);
      list.show(at);
      changed();
    },
    /** Tells of the chosen span again, when it has changed. */
    renew: () => {
      const top = aside.scrollTop;
      showDetails(trace.chosen);
      aside.scrollTop = top;
    },
    page: () => list.page(),
    row: () => rows()[trace.cursor],
    last: () => rows().length - 1,
    toggle: (at) => {
      trace.cursor = at;
      toggle(trace, rows()[at]);
      // The next key may come before the next picture, and goes by the rows as they are then.
      now.draw();
    },
    /** Opens the row: a span's details, a group's spans. */
    open: (at, enter) => {
      trace.cursor = at;
      const row = rows()[at];
      if (!row) return;
      if (row.group !== undefined) act.toggle(at);
      else showDetails(row.span);
      changed();
      if (enter && row.group === undefined) by("details-title").focus();
    },
    close: () => {
      aside.hidden = true;
      trace.chosen = -1;
      rememberSpan(trace, -1);
      act.focus();
      changed();
    },
    closed: () => aside.hidden,
    zoomTo: (span) => {
      const { start_us: start } = trace.spans[span];
      const end = endOf(trace, trace.spans[span]);
      const margin = Math.max(end - start, LEAST) * 0.05;
      look(trace, start - margin, end + margin);
    },
    fold: (all) => {
      foldAll(trace, all);
      trace.cursor = 0;
      say(all ? "All folded" : "All unfolded");
      now.draw();
    },
    path: () => {
      showPath = !showPath;
      by("path").setAttribute("aria-pressed", showPath);
      changed();
    },
    searched: () => {
      if (trace.found) say(trace.found.all.size ? count(trace.found.all.size, "match", "matches") : "Nothing found");
      changed();
    },
    step: (by_) => stepTo(act, trace.found ? trace.found.order : [], by_, "Nothing to go to: search first"),
    error: (by_) => stepTo(act, topDown(trace).filter((at) => trace.spans[at].status === "error"), by_, "No errors"),
    up: () => {
      const row = act.row();
      if (!row) return;
      if (row.open && !(trace.found && trace.search.only)) return act.toggle(trace.cursor);
      for (let at = trace.cursor - 1; at >= 0; at -= 1) if (rows()[at].depth < row.depth) return act.move(at);
    },
    down: () => {
      const row = act.row();
      if (!row || !row.opens) return;
      if (row.open) act.move(trace.cursor + 1);
      else act.toggle(trace.cursor);
    },
  };
  return act;
}

/** To the next span of these, or the one before, seen from the cursor. */
function stepTo(act, order, step, none) {
  if (!order.length) return say(none);
  const { trace } = act;
  const chosen = order.indexOf(trace.chosen);
  const next = chosen >= 0 ? (chosen + step + order.length) % order.length : step > 0 ? 0 : order.length - 1;
  act.choose(order[next], true);
  say(`${next + 1} of ${order.length}: ${visible(trace.spans[order[next]].name)}`);
}

/** Moves the window so that a span is in it. */
function inWindow(trace, span) {
  const { start_us: start } = trace.spans[span];
  const [from_, to] = trace.window;
  if (start >= from_ && start <= to) return;
  if (endOf(trace, trace.spans[span]) >= from_ && start <= to) return;
  look(trace, start - (to - from_) * 0.1, start + (to - from_) * 0.9);
}
