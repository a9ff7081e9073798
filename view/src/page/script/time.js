// The time axis: which part of the trace is in the window, and where an instant is in it.

const LEAST = 0.05;

/** Where an instant is, in hundredths of the window's width. */
const across = (trace, us) => (100 * (us - trace.window[0])) / (trace.window[1] - trace.window[0]);

/** Looks at this part of the trace, as far as there is one. */
function look(trace, from, to) {
  const [start, end] = trace.whole;
  const span = Math.min(Math.max(to - from, LEAST), end - start);
  const left = Math.min(Math.max(from, start), end - span);
  trace.window = span >= end - start ? trace.whole : [left, left + span];
  changed();
}

/** Looks closer (a factor below 1) or from further off, at what is around an instant. */
function zoom(trace, factor, around) {
  const [from, to] = trace.window;
  const at = around ?? (from + to) / 2;
  look(trace, at - (at - from) * factor, at + (to - at) * factor);
}

function pan(trace, part) {
  const [from, to] = trace.window;
  look(trace, from + (to - from) * part, to + (to - from) * part);
}

/** Steps of 1, 2 or 5 times a power of ten of microseconds, at least so many pixels apart. */
function stepOf(trace, width, apart = 90) {
  const least = ((trace.window[1] - trace.window[0]) * apart) / Math.max(width, 1);
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((times) => times * power).find((step) => step >= least) ?? 10 * power;
}

/** The axis: its steps, in hundredths of the width, and what stands at them. */
function ticks(trace, width) {
  const step = stepOf(trace, width);
  const marks = [];
  for (let i = Math.ceil(trace.window[0] / step); i * step <= trace.window[1]; i += 1) {
    marks.push({ left: across(trace, i * step), text: tickText(i * step, step) });
  }
  return { step, marks };
}

/** As many decimals as the step needs. */
function tickText(us, step) {
  if (us === 0) return "0";
  const [unit, name] = us >= 1e6 ? [1e6, "s"] : us >= 1e3 ? [1e3, "ms"] : [1, "\u00b5s"];
  if (us >= 600e6 && step >= 1e6) return duration(us);
  const decimals = Math.max(0, Math.ceil(-Math.log10(step / unit) - 1e-9));
  return `${(us / unit).toFixed(Math.min(decimals, 6))} ${name}`;
}

/** Dragging over `area` chooses a part of the window; `chosen(from, to)` in microseconds, `pressed` for a mere click. */
function dragging(area, trace, chosen, pressed = () => {}) {
  area.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.target.closest(".names-edge")) return;
    const box = area.getBoundingClientRect();
    const [from, to] = trace(event).window;
    const at = (x) => from + ((to - from) * Math.min(Math.max(x - box.left, 0), box.width)) / box.width;
    const first = event.clientX;
    // Over names there is text to be chosen, and no time.
    const drags = event.target.closest(".time, .axis") !== null;
    const choice = element("div", { class: "choice" });
    const move = (next) => {
      const [left, right] = [Math.min(first, next.clientX), Math.max(first, next.clientX)];
      if (!drags || right - left < 4) return;
      if (!choice.isConnected) area.append(choice);
      choice.style.left = `${Math.max(left - box.left, 0)}px`;
      choice.style.width = `${Math.min(right, box.right) - Math.max(left, box.left)}px`;
    };
    const end = (last) => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      choice.remove();
      if (last.type !== "pointerup") return;
      if (Math.abs(last.clientX - first) < 4) pressed(last);
      else if (drags) chosen(...[at(first), at(last.clientX)].sort((a, b) => a - b));
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  });
}
