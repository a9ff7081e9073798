// What stands above the waterfall: facts of the trace, search and filters.

function facts(trace) {
  const data = trace.data;
  const console_ = consoleOf(data.xray_trace_id);
  const fact = (name, value) => element("span", {}, element("span", { class: "quiet" }, `${name} `), element("b", {}, value));
  return element("div", { class: "facts" },
    element("h2", {}, element("span", { class: "quiet" }, brief(data.service, 40)), " ", brief(data.name)),
    fact("took", duration(data.duration_us)), fact("began", instant(data.start)), fact("", count(data.spans.length, "span")),
    data.errors > 0 && element("b", { class: "bad" }, `\u2716 ${count(data.errors, "error")}`),
    data.open > 0 && element("b", { class: "sign" }, `\u2026 ${data.open.toLocaleString("en")} under way`),
    copied(data.trace_id), console_ && outside(console_),
    data.services.slice(0, 10).map((service) => element("span", {}, element("i", { class: "swatch", style: { color: colour(service) } }), brief(service, 40))),
    data.services.length > 10 && element("span", { class: "quiet" }, `and ${data.services.length - 10} more services`));
}

function notesOf(trace) {
  const notes = trace.data.notes;
  if (!notes.length) return null;
  const most = 200;
  const item = (note) => element("li", {}, note.span !== null && [element("a", { href: address.trace(trace.data.trace_id, trace.spans[note.span].span_id) }, from(trace.spans[note.span].name)), ": "], from(note.text));
  return element("details", { class: "notes" },
    element("summary", {}, count(notes.length, "note")),
    element("ul", {}, notes.slice(0, most).map(item), notes.length > most && element("li", {}, `and ${notes.length - most} more`)));
}

function toolbar(trace, act) {
  const asked = trace.search;
  const again = () => {
    search(trace);
    act.searched();
  };
  const text = element("input", { type: "search", id: "search", placeholder: "Search spans  /", "aria-label": "Search spans", "aria-describedby": "found" });
  text.value = asked.text;
  text.addEventListener("input", () => { asked.text = text.value; again(); });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { act.step(event.shiftKey ? -1 : 1); event.preventDefault(); }
  });
  const leave = (event) => { if (event.key === "Escape") { act.focus(); event.preventDefault(); event.stopPropagation(); } };
  const service = element("select", { "aria-label": "Service" }, element("option", { value: "" }, "All services"),
    trace.data.services.map((name) => element("option", { value: name }, visible(name).slice(0, 60))));
  service.value = asked.service;
  service.addEventListener("change", () => { asked.service = service.value; again(); });
  const least = element("input", { type: "text", size: 6, placeholder: "50ms", "aria-label": "At least this long", id: "least" });
  [text, least].forEach((one) => one.addEventListener("keydown", leave));
  least.addEventListener("input", () => { asked.least = microseconds(least.value); again(); });
  const pressed = (label, key, properties = {}) => {
    const one = button(label, () => { asked[key] = !asked[key]; one.setAttribute("aria-pressed", asked[key]); again(); }, { "aria-pressed": String(asked[key]), ...properties });
    return one;
  };
  const path = button("Critical path", () => act.path(), { "aria-pressed": String(showPath), id: "path" });
  return element("div", { class: "bar", role: "search" },
    text, element("span", { class: "found", id: "found", role: "status" }),
    button("\u2191", () => act.step(-1), { "aria-label": "Previous match", title: "Previous match (N)", id: "previous" }),
    button("\u2193", () => act.step(1), { "aria-label": "Next match", title: "Next match (n)", id: "next" }),
    pressed("Errors", "errors", { id: "errors" }), service,
    element("label", { class: "wide" }, "longer than ", least),
    pressed("Matches only", "only", { id: "only" }),
    element("span", { class: "grow" }),
    path, button("Whole trace", () => look(trace, ...trace.whole), { id: "whole" }));
}
