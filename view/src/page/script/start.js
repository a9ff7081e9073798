// Which view is shown, by the address.

const main = by("main");
let shownView = 0;
let last = "";

/** Goes to a view, of the trace that is looked at where it can be of one. */
function go(view) {
  const id = now.trace ? now.trace.data.trace_id : last;
  const to = { traces: address.traces, trace: () => (id ? address.trace(id) : address.traces()), map: () => address.map(now.view === "traces" ? "" : id), arrays: () => address.arrays() }[view];
  location.hash = to();
}

async function show() {
  const turn = (shownView += 1);
  now.paper = () => {};
  const { view, parts } = readAddress();
  const traces = await source.list();
  traces.forEach((trace) => knownTraces.add(trace.trace_id));
  if (turn !== shownView) return;
  const [id = "", span = ""] = parts;
  const only = traces.length === 1 ? traces[0].trace_id : "";
  const kind = view || (only ? "trace" : "traces");
  if (kind === "trace") {
    const trace = await source.trace(id || last || only || traces[0]?.trace_id || "");
    if (turn !== shownView) return;
    [now.view, now.trace, last] = ["trace", trace, trace.data.trace_id];
    waterfall(main, trace, span);
  } else if (kind === "map") {
    const trace = id || only ? await source.trace(id || only) : null;
    const map = trace ? trace.data.service_map : await source.map();
    if (turn !== shownView) return;
    [now.view, now.trace] = ["map", trace];
    now.renew = again(map, async () => (trace ? (await source.trace(trace.data.trace_id)).data.service_map : source.map()));
    serviceMap(main, trace ? ["Services of ", brief(trace.data.name)] : "Services of all traces", map, (node) => openNode(trace ?? (only ? models.get(only) : null), node, traces));
  } else if (kind === "arrays") {
    const arrays = await source.arrays();
    if (turn !== shownView) return;
    [now.view, now.trace] = ["arrays", null];
    now.renew = again(arrays, source.arrays);
    arrayView(main, arrays, id);
  } else {
    [now.view, now.trace] = ["traces", null];
    traceList(main, traces);
  }
  showViews();
}

/** Shows the view again once what it shows is another. */
const again = (shown_, next) => {
  const turn = shownView;
  return async () => {
    if (JSON.stringify(await next()) !== JSON.stringify(shown_) && turn === shownView) await show();
  };
};

/** A node of the map leads to its spans. */
function openNode(trace, node, traces) {
  const id = trace?.data.trace_id ?? (traces.length === 1 ? traces[0].trace_id : "");
  if (!id) {
    location.hash = address.traces();
    return;
  }
  source.trace(id).then((of) => {
    const service = node.kind === "service" ? node.name : "";
    of.search = { ...of.search, service, text: service ? "" : node.name, errors: false, only: true };
    search(of);
    location.hash = address.trace(id);
  });
}

function showViews() {
  by("views").replaceChildren(...VIEWS.map(({ name, view, key }) => element("a", {
    href: `#/${view}`, title: `${name} (${key})`, "aria-current": now.view === view ? "page" : null,
    onclick: (event) => { event.preventDefault(); go(view); },
  }, name)));
}

function failed(error) {
  main.replaceChildren(element("p", { class: "empty", role: "alert" }, visible(error.message)));
  showViews();
}

addEventListener("hashchange", () => show().catch(failed));
source.changed(() => now.renew().catch((error) => { by("state").textContent = visible(error.message); }));
by("title").textContent = visible(document.title);
by("help-button").addEventListener("click", openHelp);
showTheme();
show().catch(failed);
