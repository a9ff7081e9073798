// The traces that there are.

const NUMBERS = new Set(["duration_us", "span_count", "errors", "open"]);
let sorting = { key: "start", up: true };

function traceList(main, first) {
  let traces = first;
  const columns = [
    ["Trace", "name", (one) => element("td", {}, element("a", { href: address.trace(one.trace_id) }, brief(one.service, 40), " ", brief(one.name || "(no name)")))],
    ["Began", "start", (one) => element("td", { class: "short" }, instant(one.start))],
    ["Took", "duration_us", (one) => element("td", { class: "number" }, duration(one.duration_us))],
    ["Spans", "span_count", (one) => element("td", { class: "number" }, one.span_count.toLocaleString("en"))],
    ["Errors", "errors", (one) => element("td", { class: "number" }, one.errors ? element("b", { class: "bad" }, `\u2716 ${one.errors}`) : "0")],
    ["Under way", "open", (one) => element("td", { class: "number" }, one.open ? element("b", { class: "sign" }, `\u2026 ${one.open}`) : "0")],
    ["Id", "trace_id", (one) => element("td", { class: "short" }, element("code", {}, one.trace_id))],
  ];
  const text = element("input", { type: "search", id: "search", placeholder: "Search traces  /", "aria-label": "Search traces" });
  const errors = button("Errors", () => { errors.setAttribute("aria-pressed", errors.getAttribute("aria-pressed") !== "true"); changed(); }, { "aria-pressed": "false" });
  const found = element("span", { class: "found", role: "status" });
  const body = element("tbody");
  const head = element("tr", {}, columns.map(([name, key]) => element("th", { scope: "col", "data-key": key, class: NUMBERS.has(key) ? "number" : null }, button(name, () => {
    sorting = { key, up: sorting.key === key ? !sorting.up : key !== "errors" && key !== "duration_us" };
    changed();
  }))));
  const table_ = element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Traces" }, element("table", { class: "plain", id: "traces" }, element("thead", {}, head), body));
  const none = element("p", { class: "empty" }, settings.live ? "No trace has come yet. What comes is shown at once." : "There are no traces in this page.");
  main.replaceChildren(element("div", { class: "view" },
    element("div", { class: "bar", role: "search" }, text, found, errors), none, table_));
  text.addEventListener("input", changed);
  now.keys = () => false;
  now.renew = async () => {
    const next = await source.list();
    if (now.view !== "traces" || JSON.stringify(next) === JSON.stringify(traces)) return;
    traces = next;
    now.draw();
  };
  now.draw = () => {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const only = errors.getAttribute("aria-pressed") === "true";
    const fits = (one) => (!only || one.errors > 0) && words.every((word) => `${one.name}\n${one.service}\n${one.trace_id}\n${one.xray_trace_id}\n${one.services.join("\n")}`.toLowerCase().includes(word));
    const order = (a, b) => (a[sorting.key] < b[sorting.key] ? -1 : a[sorting.key] > b[sorting.key] ? 1 : 0) * (sorting.up ? 1 : -1);
    const rows = traces.filter(fits).sort(order);
    const most = 1000;
    found.textContent = rows.length > most ? `the first ${most} of ${rows.length.toLocaleString("en")}` : count(rows.length, "trace");
    for (const cell of head.children) cell.setAttribute("aria-sort", cell.dataset.key !== sorting.key ? "none" : sorting.up ? "ascending" : "descending");
    none.hidden = traces.length > 0;
    table_.hidden = !none.hidden;
    body.replaceChildren(...rows.slice(0, most).map((one) => element("tr", {}, columns.map(([, , cell]) => cell(one)))));
  };
  now.draw();
  observer.disconnect();
}
