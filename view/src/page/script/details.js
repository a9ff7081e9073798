// All that is known of one span.

/** Letters of a name that are a title. */
const TITLE = 300;

function details(trace, at, act) {
  const span = trace.spans[at];
  const origin = trace.data.origins[span.origin] ?? { resource: {}, scope_attributes: {}, scope_name: "", scope_version: "" };
  const spanLink = (other) => element("a", { href: address.trace(trace.data.trace_id, trace.spans[other].span_id) }, from(trace.spans[other].name));
  const title = element("h2", { tabindex: -1, id: "details-title" }, brief(span.name, TITLE));
  const scope = [origin.scope_name, origin.scope_version].filter(Boolean).join(" ");
  const links = span.links.map((link) => linkItem(trace, link, spanLink));
  const back = linksHere(trace, at);
  return [
    button("\u2715", act.close, { class: "close", "aria-label": "Close the details" }),
    title,
    span.status === "error" && element("div", { class: "cause" }, element("b", {}, "Failed"), span.status_message || causeOf(span) ? ": " : "",
      longText(span.status_message || causeOf(span))),
    ...(trace.notes.get(at) ?? []).map((text) => element("p", { class: "note" }, from(text))),
    element("div", { class: "actions" },
      button("Zoom to it", act.zoom),
      span.parent !== null && button("Parent", act.parent),
      trace.group[at] >= 0 && button("Fold its like", act.fold)),
    pairs([
      span.name.length > TITLE && ["Name", longText(span.name)],
      ["Service", [element("i", { class: "swatch", style: { color: colour(span.service) } }), from(span.service || "(none said)")]],
      ["Kind", span.kind],
      ["Status", span.status],
      ["Begins", `${duration(span.start_us)} after the trace\u2019s start`],
      ["", instantIn(trace.data, span.start_us)],
      ["Takes", span.duration_us === null ? "under way" : duration(span.duration_us)],
      ["Its own", `${duration(ownTime(trace, at))} without its children`],
      trace.path.has(at) && ["Critical path", duration(trace.path.get(at).reduce((sum, part) => sum + part.duration_us, 0))],
      ["Span", copied(span.span_id)],
      ["Parent", span.parent_span_id === null ? "none" : span.parent === null ? [element("code", {}, span.parent_span_id), " (not here)"] : spanLink(span.parent)],
      ["Trace", [copied(trace.data.trace_id), element("br"), copied(trace.data.xray_trace_id)]],
    ]),
    ...table("Attributes", span.attributes, span.dropped.attributes),
    ...section("Events", span.events.map((event) => element("li", {}, from(event.name), element("span", { class: "quiet" }, ` at ${duration(Math.abs(event.time_us))}${event.time_us < 0 ? " before the start" : ""}`), pairs(said(event.attributes)))), span.dropped.events),
    ...section("Links", links, span.dropped.links),
    ...section("Linked from", back.map((other) => element("li", {}, spanLink(other))), 0),
    ...table("Made by", origin.resource, 0),
    ...(scope || Object.keys(origin.scope_attributes).length ? table("Library", { name: scope, ...origin.scope_attributes }, 0) : []),
    ...(span.trace_state ? table("Context", { tracestate: span.trace_state }, 0) : []),
  ].filter(Boolean);
}

/** What went wrong, where the status does not say it. */
function causeOf(span) {
  const event = span.events.find((one) => one.attributes["exception.message"] ?? one.attributes["exception.type"]);
  const of = (attributes, ...keys) => keys.map((key) => attributes[key]).filter((value) => value !== undefined).map(shown).join(": ");
  return of(span.attributes, "error.type", "error.message") || (event ? of(event.attributes, "exception.type", "exception.message") : "");
}

function linkItem(trace, link, spanLink) {
  const here = link.trace_id === trace.data.trace_id ? trace.places.get(link.span_id) : undefined;
  const target = here === undefined ? linkTo(link.trace_id, link.span_id, `${link.trace_id} / ${link.span_id}`) : spanLink(here);
  return element("li", {}, "\u2192 ", target, pairs(said(link.attributes)));
}

const said = (object) => Object.entries(object).map(([key, value]) => [from(key), longText(shown(value))]);

/** Text of any length; what is very long is cut until somebody asks for the rest. */
function longText(text) {
  const room = 2000;
  const place = from(text.slice(0, room));
  place.textContent = visible(text.slice(0, room), true);
  if (text.length <= room) return place;
  const more = button(`Show all ${text.length.toLocaleString("en")} characters`, () => {
    place.textContent = visible(text, true);
    more.remove();
  }, { class: "more" });
  return [place, "\u2026", more];
}

function pairs(list) {
  const items = list.filter(Boolean);
  return items.length ? element("dl", {}, items.map(([key, value]) => [element("dt", {}, key), element("dd", {}, value)])) : null;
}

const table = (title, object, dropped) => section(title, Object.keys(object).length ? [pairs(said(object))] : [], dropped);

function section(title, items, dropped) {
  if (!items.length && !dropped) return [];
  const plain = items.length && items[0].nodeName !== "LI";
  return [
    element("h3", {}, title),
    ...(plain ? items : items.length ? [element("ul", {}, items)] : []),
    dropped ? element("p", { class: "quiet" }, `${dropped.toLocaleString("en")} more were left out by whoever wrote the span.`) : null,
  ];
}

/** An id with a button that copies it. */
function copied(text) {
  const copy = button("copy", async () => {
    try {
      await navigator.clipboard.writeText(text);
      say(`Copied ${text}`);
      copy.textContent = "copied";
    } catch {
      // Without a clipboard the id is selected, and the person copies it.
      getSelection().selectAllChildren(code);
      say("Selected. Copy it with the keyboard.");
    }
  }, { class: "copy", "aria-label": `Copy ${text}` });
  const code = element("code", {}, text);
  return element("span", {}, code, " ", copy);
}
