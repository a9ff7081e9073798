// The service map: who calls whom, how often, how fast, and how well.

const KIND_NAMES = { service: "service", aws: "AWS", remote: "called, no spans of its own", client: "calls from outside" };

const failures = (stats) => stats.errors + stats.faults;

/** What is said of calls: how many, how many went wrong, how long they took. */
function statsText(stats) {
  const parts = [count(stats.calls, "call")];
  if (stats.faults) parts.push(`${percent(stats.faults, stats.calls)} faults`);
  if (stats.errors) parts.push(`${percent(stats.errors, stats.calls)} errors`);
  if (stats.throttles) parts.push(`${percent(stats.throttles, stats.calls)} throttled`);
  if (stats.open) parts.push(`${stats.open} under way`);
  parts.push(`median ${duration(stats.median_us)}`, `95 % within ${duration(stats.p95_us)}`);
  return parts.join(", ");
}

function drawNode({ at, node, x, y, width, height }, open) {
  const bad = failures(node.stats) > 0;
  const left = x - width / 2, top = y - height / 2;
  const rim = node.kind === "service" ? colour(node.name) : "var(--strong-line)";
  const rate = bad ? `${percent(failures(node.stats), node.stats.calls)} failed` : "";
  return drawn("g", {
    class: `node ${node.kind}${bad ? " bad" : ""}`, tabindex: 0, role: "button", "data-node": at,
    "aria-label": `${visible(node.name)}, ${KIND_NAMES[node.kind]}: ${statsText(node.stats)}`,
    onclick: () => open(node), onkeydown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(node); } },
  },
  drawn("title", {}, `${visible(node.name)}: ${statsText(node.stats)}`),
  drawn("rect", { class: "body", x: left, y: top, width, height, rx: 8 }),
  drawn("rect", { class: "rim", x: left, y: top + 8, width: 5, height: height - 16, rx: 2, style: { fill: rim } }),
  drawn("text", { x: left + 14, y: top + 20, class: "called" }, short(node.name || "(no name)", 20)),
  drawn("text", { x: left + 14, y: top + 38, class: "what" }, short(`${count(node.stats.calls, "call")}${node.stats.open ? `, ${node.stats.open} open` : ""}${node.kind === "aws" ? ", AWS" : ""}`, 28)),
  drawn("text", { x: left + 14, y: top + 55, class: "what" }, `${duration(node.stats.median_us)} \u00b7 95 % ${duration(node.stats.p95_us)}`),
  rate && drawn("text", { x: left + width - 10, y: top + 38, class: "what badly", "text-anchor": "end" }, rate));
}

/** A plain edge leads through alleys, where there is no room for figures: its title has them, and the tables. */
function drawEdge({ edge, plain, points, x, y }, at, most) {
  const bad = failures(edge.stats) > 0;
  const text = `${edge.stats.calls.toLocaleString("en")} \u00b7 ${duration(edge.stats.median_us)}`;
  const wide = 1.2 + 3 * Math.sqrt(edge.stats.calls / Math.max(most, 10));
  return drawn("g", { class: `edge${bad ? " bad" : ""}`, "data-edge": at, "data-from": edge.from, "data-to": edge.to },
    drawn("title", {}, statsText(edge.stats)),
    drawn("path", { d: curve(points, plain), "stroke-width": wide.toFixed(2) }),
    drawn("path", { class: "arrow", d: arrow(points, 8 + wide) }),
    !plain && drawn("rect", { class: "plate", x: x - text.length * 3.2, y: y - 13, width: text.length * 6.4, height: bad ? 28 : 16, rx: 4 }),
    !plain && drawn("text", { x, y: y - 1, "text-anchor": "middle", class: "what" }, text),
    !plain && bad && drawn("text", { x, y: y + 11, "text-anchor": "middle", class: "what badly" }, `${percent(failures(edge.stats), edge.stats.calls)} failed`));
}

/** Shows a map; `open(node)` when somebody chooses one of its nodes. */
function serviceMap(main, title, map, open) {
  if (!map.nodes.length) {
    main.replaceChildren(element("p", { class: "empty" }, "No service took part: there are no spans."));
    return;
  }
  const plan = layOut(drawable(map), main.clientWidth, main.clientHeight - 90);
  const most = Math.max(1, ...map.edges.map((edge) => edge.stats.calls));
  const inner = drawn("g", {}, plan.edges.map((edge, at) => drawEdge(edge, at, most)), plan.nodes.map((node) => drawNode(node, open)));
  const svg = drawn("svg", { role: "group", "aria-label": `Service map: ${count(map.nodes.length, "node")}, ${count(map.edges.length, "edge")}`, id: "map" }, inner);
  const sight = { x: 0, y: 0, scale: 1 };
  const show = () => inner.setAttribute("transform", `translate(${sight.x.toFixed(2)} ${sight.y.toFixed(2)}) scale(${sight.scale.toFixed(4)})`);
  const whole = () => {
    const [width, height] = [svg.clientWidth || 800, svg.clientHeight || 500];
    sight.scale = Math.min(1.25, width / plan.width, height / plan.height);
    sight.x = (width - plan.width * sight.scale) / 2;
    sight.y = (height - plan.height * sight.scale) / 2;
    show();
  };
  const closer = (factor, x = svg.clientWidth / 2, y = svg.clientHeight / 2) => {
    const scale = Math.min(5, Math.max(0.05, sight.scale * factor));
    sight.x = x - ((x - sight.x) * scale) / sight.scale;
    sight.y = y - ((y - sight.y) * scale) / sight.scale;
    sight.scale = scale;
    show();
  };
  const move = (x, y) => { sight.x += x; sight.y += y; show(); };
  const tools = element("div", { class: "tools" }, button("+", () => closer(1.3), { "aria-label": "Zoom in" }), button("\u2212", () => closer(1 / 1.3), { "aria-label": "Zoom out" }), button("Whole map", whole));
  const place = element("div", { class: "map" }, svg, tools);
  main.replaceChildren(element("div", { class: "view" }, element("div", { class: "facts" }, element("h2", {}, title), element("span", { class: "quiet" }, `${count(map.nodes.length, "node")}, ${count(map.edges.length, "edge")}`),
    plan.nodes.length < map.nodes.length && element("b", { class: "sign" }, `drawn are the ${plan.nodes.length} with the most calls; the tables have ${map.nodes.length > MOST_LINES ? `${MOST_LINES.toLocaleString("en")} of them` : "all"}`)), place, mapTable(map)));
  grasp(svg, closer, move);
  now.draw = () => {};
  // On paper the whole map fits the paper.
  now.paper = (on) => {
    if (!on) {
      svg.removeAttribute("viewBox");
      show();
      return;
    }
    svg.setAttribute("viewBox", `0 0 ${plan.width} ${plan.height}`);
    inner.removeAttribute("transform");
  };
  now.keys = (event) => {
    const key = MAP_KEYS.find(({ keys }) => keys.includes(event.key));
    if (!key || event.target.closest("summary, a")) return false;
    key.act({ closer, move, whole });
    return true;
  };
  whole();
  observer.disconnect();
}

const MAP_KEYS = [
  { keys: ["+", "="], shown: "+", text: "zoom in", act: (map) => map.closer(1.3) },
  { keys: ["-"], shown: "\u2212", text: "zoom out", act: (map) => map.closer(1 / 1.3) },
  { keys: ["0"], shown: "0", text: "the whole map", act: (map) => map.whole() },
  { keys: ["ArrowLeft"], shown: "\u2190", text: "move left", act: (map) => map.move(60, 0) },
  { keys: ["ArrowRight"], shown: "\u2192", text: "move right", act: (map) => map.move(-60, 0) },
  { keys: ["ArrowUp"], shown: "\u2191", text: "move up", act: (map) => map.move(0, 60) },
  { keys: ["ArrowDown"], shown: "\u2193", text: "move down", act: (map) => map.move(0, -60) },
];

/** Dragging moves the map, the wheel zooms it. */
function grasp(svg, closer, move) {
  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    const box = svg.getBoundingClientRect();
    closer(event.deltaY > 0 ? 1 / 1.12 : 1.12, event.clientX - box.left, event.clientY - box.top);
  }, { passive: false });
  svg.addEventListener("pointerdown", (event) => {
    if (event.target.closest(".node")) return;
    let [x, y] = [event.clientX, event.clientY];
    const go_ = (next) => {
      move(next.clientX - x, next.clientY - y);
      [x, y] = [next.clientX, next.clientY];
    };
    addEventListener("pointermove", go_);
    addEventListener("pointerup", () => removeEventListener("pointermove", go_), { once: true });
  });
}

const MOST_LINES = 2000;

/** The same in words, for whoever sees no graph or wants the figures. */
function mapTable(map) {
  const head = (first) => element("tr", {}, first.map((name) => element("th", { scope: "col" }, name)), ["Calls", "Errors", "Faults", "Throttled", "Open", "Median", "95 %", "Longest"].map((name) => element("th", { scope: "col", class: "number" }, name)));
  const cells = (stats) => [stats.calls, stats.errors, stats.faults, stats.throttles, stats.open].map((number) => number.toLocaleString("en"))
    .concat([stats.median_us, stats.p95_us, stats.longest_us].map(duration)).map((text) => element("td", { class: "number" }, text));
  const name = (at) => element("td", {}, from(map.nodes[at].name));
  return element("details", { class: "map-table" }, element("summary", {}, "As tables"),
    element("h3", {}, "Nodes"),
    element("table", { class: "plain" }, element("thead", {}, head(["Name", "Kind"])), element("tbody", {}, map.nodes.slice(0, MOST_LINES).map((node, at) => element("tr", {}, name(at), element("td", {}, KIND_NAMES[node.kind]), cells(node.stats))))),
    element("h3", {}, "Edges"),
    element("table", { class: "plain" }, element("thead", {}, head(["From", "To"])), element("tbody", {}, map.edges.slice(0, MOST_LINES).map((edge) => element("tr", {}, name(edge.from), name(edge.to), cells(edge.stats))))));
}
