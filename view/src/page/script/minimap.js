// The whole trace in small above the time axis, with the window on it.

/** The colour that a variable of the style stands for; a canvas knows no variables. */
function paints() {
  const style = getComputedStyle(document.documentElement);
  const known = new Map();
  return (name) => {
    if (!known.has(name)) known.set(name, style.getPropertyValue(name).trim());
    return known.get(name);
  };
}

/** A canvas as large as its place, and its pen. */
function pen(canvas, width, height) {
  const scale = onPaper ? 3 : window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  return context;
}

function drawMinimap(canvas, trace, width) {
  const height = 36;
  const context = pen(canvas, width, height);
  const paint = paints();
  const order = topDown(trace);
  const scale = width / (trace.whole[1] - trace.whole[0]);
  const thick = Math.max(1, Math.min(4, height / order.length));
  // Where spans are more than pixels, each pixel is painted once; what failed is painted last.
  const line = (row, span, style) => {
    context.fillStyle = paint(style);
    const top = Math.floor((row / order.length) * (height - thick));
    context.fillRect(span.start_us * scale, top, Math.max((endOf(trace, span) - span.start_us) * scale, 1), thick);
  };
  const every = Math.max(1, Math.floor(order.length / 4000));
  order.forEach((at, row) => {
    const span = trace.spans[at];
    if (row % every === 0) line(row, span, colour(span.service).slice(4, -1));
  });
  order.forEach((at, row) => trace.spans[at].status === "error" && line(row, trace.spans[at], "--error"));
}
