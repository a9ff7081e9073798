// Where the traces come from: the page itself, or the server that sent it.

const settings = JSON.parse(by("settings").textContent);
const embedded = JSON.parse(by("data").textContent);

const ask = async (path) => {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text().then((text) => text.slice(0, 300), () => "")}`);
  return answer.json();
};

const models = new Map();

/** A trace stays the same object, with what was chosen and folded in it, when its spans become more. */
function remember(data) {
  const old = models.get(data.trace_id);
  const trace = model(data);
  if (!old) {
    models.set(data.trace_id, trace);
    return trace;
  }
  const again = (at) => trace.places.get(old.spans[at]?.span_id) ?? -1;
  // A group is known by its first span: groups are numbered anew.
  const opened = [...old.opened].map((group) => trace.group[again(old.data.folded[group][0])] ?? -1);
  const kept = {
    chosen: again(old.chosen), closed: new Set([...old.closed].map(again)), opened: new Set(opened.filter((group) => group >= 0)),
    search: old.search, cursor: old.cursor, window: old.window === old.whole ? trace.whole : old.window,
  };
  Object.assign(old, trace, kept, { order: undefined, linked: undefined });
  search(old);
  return old;
}

const summaryOf = (trace) => ({
  ...Object.fromEntries(["trace_id", "xray_trace_id", "name", "service", "start", "duration_us", "errors", "open", "services"].map((key) => [key, trace[key]])),
  span_count: trace.spans.length, note_count: trace.notes.length,
});

const source = settings.live
  ? {
    list: async () => (await ask("/api/traces")).traces,
    trace: async (id) => remember(await ask(`/api/traces/${encodeURIComponent(id)}`)),
    map: () => ask("/api/map"),
    arrays: () => ask("/api/arrays"),
    changed: (act) => followNews((news) => {
      if (news.kind === "changed") tellStatus(news.status);
      else if (news.kind === "lost") by("state").textContent = "the server does not answer";
      else if (news.kind === "open" && !by("state").textContent.startsWith("live")) by("state").textContent = "live";
      // What came before the stream was open is not told by it.
      if (news.kind !== "lost") act();
    }),
  }
  : {
    list: async () => embedded.traces.map(summaryOf),
    trace: async (id) => {
      if (models.has(id)) return models.get(id);
      const data = embedded.traces.find((trace) => trace.trace_id === id || trace.xray_trace_id === id);
      if (!data) throw new Error(`no trace ${id} in this page`);
      return remember(data);
    },
    map: async () => embedded.service_map,
    arrays: async () => embedded.arrays,
    changed: () => {},
  };

/** How it stands with the server: what made room for newer spans, and what went wrong last. */
function tellStatus(status) {
  const evicted = status.evicted_spans ?? status.tally?.evicted_spans ?? 0;
  const problem = status.problems?.at(-1) ?? "";
  by("state").replaceChildren("live", evicted ? `, ${count(evicted, "span")} made room for newer ones` : "", problem && element("b", { class: "sign" }, " \u26a0 ", from(problem.slice(0, 200))));
}

/** The X-Ray console's page of a trace, if there is one. */
const consoleOf = (xrayId) => {
  const prefix = settings.console.trace_prefix;
  return prefix && prefix.startsWith("https://") && /^1-[0-9a-f]{8}-[0-9a-f]{24}$/.test(xrayId) ? prefix + xrayId : null;
};
const xrayForm = (id) => `1-${id.slice(0, 8)}-${id.slice(8)}`;
