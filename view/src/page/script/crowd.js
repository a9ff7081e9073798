// Those that one alone calls and that call nobody: more than a handful of them stand together as a block.
//
// A layout of ranks puts them into one line, in which forty of them can be read by nobody.

const HANDFUL = 6;
const ALLEY = 34;

/** The blocks of a map, `{ from, edges, columns, width, height }`, where `edges` are places among its edges. */
function crowdsOf(map) {
  const callers = new Set(map.edges.map((edge) => edge.from));
  const called = new Map();
  for (const { to } of map.edges) called.set(to, (called.get(to) ?? 0) + 1);
  const of = new Map();
  map.edges.forEach(({ from, to }, at) => {
    if (callers.has(to) || called.get(to) > 1) return;
    if (!of.has(from)) of.set(from, []);
    of.get(from).push(at);
  });
  return [...of].filter(([, edges]) => edges.length > HANDFUL).map(([from, edges]) => {
    const [wide, high] = [NODE.width + ALLEY, NODE.height + ALLEY];
    // About three by two, as windows and paper are.
    const columns = Math.ceil(Math.sqrt((1.5 * edges.length * high) / wide));
    return { from, edges, columns, width: columns * wide, height: Math.ceil(edges.length / columns) * high };
  });
}

/** Where the nodes of a block are, and the way to each of them through the alleys: `[{ edge, x, y, points }]`. */
function standing({ edges, columns }, block, start, rankdir) {
  const [left, top] = [block.x - block.width / 2, block.y - block.height / 2];
  return edges.map((edge, i) => {
    const x = left + ALLEY + NODE.width / 2 + (i % columns) * (NODE.width + ALLEY);
    const y = top + ALLEY + NODE.height / 2 + Math.floor(i / columns) * (NODE.height + ALLEY);
    const [aside, above] = [x - (NODE.width + ALLEY) / 2, y - (NODE.height + ALLEY) / 2];
    const way = rankdir === "LR"
      ? [{ x: left, y: above }, { x, y: above }, { x, y: y - NODE.height / 2 }]
      : [{ x: aside, y: top }, { x: aside, y }, { x: x - NODE.width / 2, y }];
    return { edge, x, y, points: [start, ...way] };
  });
}
