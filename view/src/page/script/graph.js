// Where the nodes and edges of a service map are: dagre lays them out.

const NODE = { width: 190, height: 66 };
const LABEL = { width: 104, height: 32 };

function layOut(map) {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 26, ranksep: 56, edgesep: 14, marginx: 20, marginy: 20 });
  map.nodes.forEach((_, at) => graph.setNode(String(at), { ...NODE }));
  map.edges.forEach((edge, at) => graph.setEdge(String(edge.from), String(edge.to), { ...LABEL, labelpos: "c" }, String(at)));
  dagre.layout(graph);
  const { width = 100, height = 100 } = graph.graph();
  return {
    width, height,
    nodes: map.nodes.map((node, at) => ({ node, ...graph.node(String(at)) })),
    edges: map.edges.map((edge, at) => ({ edge, ...graph.edge({ v: String(edge.from), w: String(edge.to), name: String(at) }) })),
  };
}

/** A smooth line through these points. */
function curve(points) {
  const to = ({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`;
  const [first, ...rest] = points;
  if (rest.length < 2) return `M${to(first)} L${rest.map(to).join(" ")}`;
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
