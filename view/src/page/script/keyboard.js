// The keys: one table, from which the help is made.

const WATERFALL_KEYS = [
  { keys: ["ArrowDown", "j"], shown: "\u2193 or j", text: "next row", act: (act) => act.move(act.trace.cursor + 1) },
  { keys: ["ArrowUp", "k"], shown: "\u2191 or k", text: "row before", act: (act) => act.move(act.trace.cursor - 1) },
  { keys: ["PageDown"], shown: "Page Down", text: "a page on", act: (act) => act.move(act.trace.cursor + act.page()) },
  { keys: ["PageUp"], shown: "Page Up", text: "a page back", act: (act) => act.move(act.trace.cursor - act.page()) },
  { keys: ["Home"], shown: "Home", text: "first row", act: (act) => act.move(0) },
  { keys: ["End"], shown: "End", text: "last row", act: (act) => act.move(act.last()) },
  { keys: ["ArrowRight"], shown: "\u2192", text: "unfold, or to the first child", act: (act) => act.down() },
  { keys: ["ArrowLeft"], shown: "\u2190", text: "fold, or to the parent", act: (act) => act.up() },
  { keys: ["Enter", " "], shown: "Enter", text: "details of the span", act: (act) => act.open(act.trace.cursor, true) },
  { keys: ["f"], shown: "f", text: "fold everything", act: (act) => act.fold(true) },
  { keys: ["u"], shown: "u", text: "unfold everything, repeated calls too", act: (act) => act.fold(false) },
  { keys: ["n"], shown: "n", text: "next match of the search", act: (act) => act.step(1) },
  { keys: ["N"], shown: "N", text: "match before", act: (act) => act.step(-1) },
  { keys: ["e"], shown: "e", text: "next error", act: (act) => act.error(1) },
  { keys: ["E"], shown: "E", text: "error before", act: (act) => act.error(-1) },
  { keys: ["c"], shown: "c", text: "critical path on or off", act: (act) => act.path() },
  { keys: ["+", "="], shown: "+", text: "zoom in", act: (act) => zoom(act.trace, 0.5, middle(act)) },
  { keys: ["-"], shown: "\u2212", text: "zoom out", act: (act) => zoom(act.trace, 2, middle(act)) },
  { keys: ["0"], shown: "0", text: "the whole trace", act: (act) => look(act.trace, ...act.trace.whole) },
  { keys: ["z"], shown: "z", text: "zoom to the span", act: (act) => act.row()?.span !== undefined && act.zoomTo(act.row().span) },
  { keys: ["["], shown: "[", text: "earlier", act: (act) => pan(act.trace, -0.25) },
  { keys: ["]"], shown: "]", text: "later", act: (act) => pan(act.trace, 0.25) },
];

/** Zooming keeps the span at the cursor in sight. */
function middle(act) {
  const span = act.trace.spans[act.row()?.span];
  if (!span) return undefined;
  const [from_, to] = act.trace.window;
  const [start, end] = [Math.max(span.start_us, from_), Math.min(endOf(act.trace, span), to)];
  return start <= end ? (start + end) / 2 : undefined;
}

const waterfallKeys = (act) => (event) => {
  if (event.key === "Escape" && !act.closed()) {
    act.close();
    return true;
  }
  // Within the details and on the buttons, arrows and Enter are the browser's.
  const own = event.target.closest(".details, .top, .bar, .facts, .notes");
  const key = WATERFALL_KEYS.find(({ keys }) => keys.includes(event.key));
  if (!key || (own && (event.key.length > 1 || event.key === " "))) return false;
  key.act(act);
  return true;
};

const VIEWS = [
  { key: "1", name: "Traces", view: "traces" },
  { key: "2", name: "Waterfall", view: "trace" },
  { key: "3", name: "Service map", view: "map" },
  { key: "4", name: "Arrays", view: "arrays" },
];

const PAGE_KEYS = [
  { keys: ["/"], shown: "/", text: "search", act: () => by("search")?.select() },
  ...VIEWS.map(({ key, name, view }) => ({ keys: [key], shown: key, text: name.toLowerCase(), act: () => go(view) })),
  { keys: ["t"], shown: "t", text: "light, dark, or as the system has it", act: () => nextTheme() },
  { keys: ["?"], shown: "?", text: "this help", act: () => openHelp() },
  { keys: ["Escape"], shown: "Esc", text: "close the details or this help; out of the search", act: () => {} },
];

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || by("help").open) return;
  if (event.target.closest("input, select, textarea")) return;
  if (now.keys(event)) {
    event.preventDefault();
    return;
  }
  const key = PAGE_KEYS.find(({ keys }) => keys.includes(event.key));
  if (!key || event.key === "Escape") return;
  event.preventDefault();
  key.act();
});
