// Where the nodes and edges of a service map are: dagre lays them out.

const NODE = { width: 178, height: 66 };
const LABEL = { width: 92, height: 32 };

/** More nodes than this are no picture, and their layout takes its time. */
const MOST_NODES = 150;

/** The part of a map that is drawn: the nodes with the most calls, under the places that they have in the whole. */
function drawable(map) {
  const places = map.nodes.map((_, at) => at);
  if (map.nodes.length <= MOST_NODES) return { places, ...map };
  const busiest = new Set(places.sort((a, b) => map.nodes[b].stats.calls - map.nodes[a].stats.calls).slice(0, MOST_NODES));
  return { nodes: map.nodes, places: [...busiest].sort((a, b) => a - b), edges: map.edges.filter((edge) => busiest.has(edge.from) && busiest.has(edge.to)) };
}

/** The layout that is seen largest in a place of this size: from left to right, or from the top down. */
function layOut(map, width, height) {
  const across_ = plan(map, "LR");
  const down = plan(map, "TB");
  const scale = (one) => Math.min(width / one.width, height / one.height, 1);
  return scale(down) > scale(across_) ? down : across_;
}

function plan(map, rankdir) {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir, nodesep: 28, ranksep: rankdir === "LR" ? 34 : 26, edgesep: 14, marginx: 20, marginy: 20 });
  const crowds = crowdsOf(map);
  const apart = new Set(crowds.flatMap(({ edges }) => edges));
  const inBlock = new Set([...apart].map((at) => map.edges[at].to));
  map.places.filter((at) => !inBlock.has(at)).forEach((at) => graph.setNode(String(at), { ...NODE }));
  map.edges.forEach((edge, at) => apart.has(at) || graph.setEdge(String(edge.from), String(edge.to), { ...LABEL, labelpos: "c" }, String(at)));
  crowds.forEach(({ from, width, height }) => {
    graph.setNode(`block ${from}`, { width, height });
    graph.setEdge(String(from), `block ${from}`, {}, "block");
  });
  dagre.layout(graph);
  const { width = 100, height = 100 } = graph.graph();
  const ways = new Map();
  const places = new Map();
  for (const crowd of crowds) {
    const { points } = graph.edge({ v: String(crowd.from), w: `block ${crowd.from}`, name: "block" });
    for (const { edge, x, y, points: way } of standing(crowd, graph.node(`block ${crowd.from}`), points[0], rankdir)) {
      ways.set(edge, { points: way, plain: true });
      places.set(map.edges[edge].to, { ...NODE, x, y });
    }
  }
  return {
    width, height,
    nodes: map.places.map((at) => ({ at, node: map.nodes[at], ...(places.get(at) ?? graph.node(String(at))) })),
    edges: map.edges.map((edge, at) => ({ edge, ...(ways.get(at) ?? graph.edge({ v: String(edge.from), w: String(edge.to), name: String(at) })) })),
  };
}

/** A line through these points: smooth, or through alleys. */
function curve(points, straight) {
  const to = ({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`;
  const [first, ...rest] = points;
  if (straight || rest.length < 2) return `M${to(first)} L${rest.map(to).join(" ")}`;
  const half = (a, b) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  const inner = rest.slice(0, -1).map((point, i) => `Q${to(point)} ${to(i === rest.length - 2 ? rest[rest.length - 1] : half(point, rest[i + 1]))}`);
  return `M${to(first)} ${inner.join(" ")}`;
}

/** An arrow's head at the end of a line. */
function arrow(points, size = 9) {
  const [before, end] = points.slice(-2);
  const along = Math.atan2(end.y - before.y, end.x - before.x);
  const corner = (turn) => `${(end.x - size * Math.cos(along + turn)).toFixed(1)},${(end.y - size * Math.sin(along + turn)).toFixed(1)}`;
  return `M${end.x.toFixed(1)},${end.y.toFixed(1)} L${corner(0.45)} L${corner(-0.45)} Z`;
}
