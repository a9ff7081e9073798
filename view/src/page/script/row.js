// One row of the waterfall as elements.
//
// The elements of a row are made once and written again and again: a scrolled page writes forty of them for each picture.

function emptyRow() {
  const mark = (kind, sign_, text) => element("span", { class: `mark ${kind}`, title: text }, element("span", { "aria-hidden": "true" }, sign_), element("span", { class: "unseen" }, `${text} `));
  const parts = {
    fold: element("button", { class: "fold", type: "button", tabindex: -1, "aria-hidden": "true" }),
    deep: element("span", { class: "quiet" }), swatch: element("i", { class: "swatch" }),
    service: from("", { class: "from service" }), called: from(""), times: document.createTextNode(""),
    took: element("div", { class: "took", role: "gridcell" }), bar: element("i", { class: "span-bar" }),
  };
  parts.time = element("div", { class: "time", role: "gridcell", "aria-hidden": "true" }, parts.bar);
  parts.name = element("div", { class: "name", role: "gridcell" }, parts.fold, parts.deep, parts.swatch,
    mark("bad", "\u2716", "error"), mark("open", "\u2026", "under way"), mark("link", "\u21c4", "has links"),
    element("span", { class: "label" }, parts.service, " ", parts.times, parts.called));
  return Object.assign(element("div", { class: "row", role: "row", hidden: true }, parts.name, parts.took, parts.time), { parts });
}

function writeRow(one, trace, row, at) {
  const group = row.group === undefined ? null : trace.data.folded[row.group];
  const first = group ? group[0] : row.span;
  const span = trace.spans[first];
  const { parts } = one;
  const found = trace.found !== null && (group ? group.some((each) => trace.found.all.has(each)) : trace.found.all.has(first));
  one.id = `row-${at}`;
  one.className = ["row", at === trace.cursor && "cursor", found && "match", trace.found && !found && "aside", row.opens && "opens",
    !group && span.status === "error" && "is-bad", !group && span.duration_us === null && "is-open", !group && span.links.length > 0 && "is-linked"].filter(Boolean).join(" ");
  const set = { "aria-level": row.depth + 1, "aria-rowindex": at + 2, "aria-posinset": row.place, "aria-setsize": row.siblings, "aria-selected": at === trace.cursor };
  for (const [key, value] of Object.entries(set)) one.setAttribute(key, value);
  if (row.opens) one.setAttribute("aria-expanded", row.open);
  else one.removeAttribute("aria-expanded");
  one.dataset.span = group ? "" : span.span_id;
  parts.name.style.paddingLeft = `${6 + Math.min(row.depth, 24) * 13}px`;
  parts.fold.textContent = row.open ? "\u25bc" : "\u25b6";
  parts.deep.textContent = row.depth > 24 ? `${row.depth}\u00a0` : "";
  parts.swatch.style.color = colour(span.service);
  parts.service.textContent = visible(span.service.slice(0, 200));
  parts.called.textContent = visible((span.name || "(no name)").slice(0, 300));
  parts.times.data = group ? `${group.length.toLocaleString("en")} \u00d7 ` : "";
  parts.took.textContent = group ? `\u2264${duration(longest(trace, group))}` : duration(span.duration_us);
  parts.took.title = group ? "none of them took longer" : "";
  writeBars(parts, trace, row);
}

const longest = (trace, group) => group.reduce((most, at) => Math.max(most, trace.spans[at].duration_us ?? 0), 0);
