// The help: which key does what.

function openHelp() {
  const dialog = by("help");
  const list = (title, keys) => [
    element("h3", {}, title),
    element("dl", { class: "keys" }, keys.map(({ shown: key, text }) => element("div", {}, element("dt", {}, element("kbd", {}, key)), element("dd", {}, text)))),
  ];
  dialog.replaceChildren(
    button("\u2715", () => dialog.close(), { class: "close", "aria-label": "Close the help", autofocus: true }),
    element("h2", { id: "help-title" }, "Keys"),
    ...list("Everywhere", PAGE_KEYS), ...list("Waterfall", WATERFALL_KEYS),
    ...list("Service map", MAP_KEYS),
    element("p", {}, "Drag over the time axis or the bars to zoom, double-click the axis for the whole trace; Ctrl and the wheel zoom too. A search finds spans that contain every word, in names, services, ids, attributes (", element("code", {}, "key=value"), "), events and errors."));
  dialog.showModal();
}
