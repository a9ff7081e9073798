// A job array: index by phase, what is remarkable first.

function arrayView(main, arrays, id) {
  const array = arrays.find((one) => one.id === id) ?? arrays[0];
  if (!array) {
    now.draw = () => {};
    now.keys = () => false;
    main.replaceChildren(element("p", { class: "empty" }, "No job array is in these traces."));
    return;
  }
  const { tasks, phases } = array;
  const failed = tasks.filter((task) => task.failed).length;
  const slow = tasks.filter((task) => task.straggler).length;
  const missing = array.size === null ? 0 : Math.max(0, array.size - tasks.length);
  const choice = arrays.length > 1 && element("select", { "aria-label": "Job array", onchange: (event) => { location.hash = address.arrays(event.target.value); } },
    arrays.map((one) => element("option", { value: one.id, selected: one.id === array.id }, short(`${one.name} ${one.id}`, 80))));
  const canvas = element("canvas", { "aria-hidden": "true", id: "strip" });
  const spacer = element("div", { class: "spacer", role: "rowgroup" });
  const heads = ["Index", "Attempts", "Outcome", "Took", ...phases, "Cause"];
  const head = element("div", { class: "task-head", role: "row" }, heads.map((name) => element("div", { role: "columnheader", class: name === "Outcome" || name === "Cause" ? null : "number" }, brief(name, 40))));
  const grid = element("div", { class: "scroll tasks", id: "tasks", role: "grid", tabindex: 0, "aria-label": "Tasks by phase", "aria-rowcount": tasks.length + 1, style: { "--columns": phases.length, "--phases": phases.length ? `repeat(${phases.length}, minmax(4.2rem, 8rem))` : "" } }, head, spacer);
  const heats = phases.map((_, phase) => heatOf(tasks.map((task) => task.phases_us[phase]).filter((us) => us !== null)));
  const open = (task) => { location.hash = address.trace(task.trace_id, task.span_id); };
  let cursor = 0;
  const list = virtual(grid, spacer, ROW, () => element("div", { class: "task", role: "row", hidden: true }), (one, at) => writeTask(one, tasks[at], at, at === cursor, heats, open));
  const told = element("p", { class: "on-paper" });
  const hosts = hostsOf(array.hosts);
  main.replaceChildren(element("div", { class: "view" },
    element("div", { class: "facts" }, element("h2", {}, "Job array ", brief(array.name)), choice, element("span", { class: "mono quiet" }, brief(array.id, 80)),
      element("span", {}, count(tasks.length, "task")), missing > 0 && element("span", { class: "sign" }, `${missing.toLocaleString("en")} more are not here`),
      failed > 0 && element("b", { class: "bad" }, `\u2716 ${failed.toLocaleString("en")} failed`), slow > 0 && element("b", { class: "sign" }, `\u25b2 ${count(slow, "straggler")}`)),
    element("div", { class: "strip" }, canvas, legend(), hosts), told, grid));
  const strip = stripOf(tasks);
  now.draw = () => {
    strip.draw(canvas);
    told.textContent = onPaper ? leftOut(tasks.length, "tasks") : "";
    list.draw(tasks.length);
    const here = list.place(cursor);
    if (here) grid.setAttribute("aria-activedescendant", here.id);
  };
  const to = (at) => {
    cursor = Math.max(0, Math.min(at, tasks.length - 1));
    list.show(cursor);
    changed();
  };
  canvas.addEventListener("click", (event) => { const task = strip.at(canvas, event); if (task) open(task); });
  canvas.addEventListener("mousemove", (event) => { const task = strip.at(canvas, event); canvas.title = task ? `${task.index}: ${task.outcome}, ${duration(task.total_us)}` : ""; });
  now.keys = (event) => {
    if (event.target !== grid) return false;
    const steps = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1, PageDown: list.page(), PageUp: -list.page(), Home: -tasks.length, End: tasks.length };
    if (steps[event.key] !== undefined) to(cursor + steps[event.key]);
    else if (event.key === "Enter" && tasks[cursor]) open(tasks[cursor]);
    else return false;
    return true;
  };
  now.draw();
  grid.focus({ preventScroll: true });
  observer.disconnect();
  observer.observe(grid);
}

function writeTask(one, task, at, here, heats, open) {
  one.id = `task-${at}`;
  one.className = ["task", here && "cursor", task.failed && "failed", task.straggler && "slow"].filter(Boolean).join(" ");
  one.setAttribute("aria-rowindex", at + 2);
  one.setAttribute("aria-selected", here);
  one.onclick = () => open(task);
  const cell = (name, ...text) => element("div", { role: "gridcell", class: name }, ...text);
  const heat = (us, phase) => {
    const box = cell("heat", us === null ? "" : duration(us));
    box.style.setProperty("--part", us === null ? 0 : heats[phase](us).toFixed(3));
    return box;
  };
  const mark = task.failed ? "\u2716 " : task.straggler ? "\u25b2 " : "";
  one.replaceChildren(
    cell("number", element("a", { href: address.trace(task.trace_id, task.span_id), tabindex: -1 }, String(task.index))),
    cell("number", String(task.attempts.length)), cell("outcome", mark, from(task.outcome), task.straggler ? element("span", { class: "unseen" }, " straggler") : ""),
    cell("number total", duration(task.total_us)), ...task.phases_us.map(heat), cell("cause", from((task.cause ?? "").slice(0, 400))));
}

/** How strong the colour of a time is among all of its phase: differences count, as far as they are a fifth of the longest. */
function heatOf(times) {
  const [least, most] = times.reduce(([low, high], us) => [Math.min(low, us), Math.max(high, us)], [Infinity, 1]);
  const range = Math.max(most - least, most / 5);
  return (us) => 0.05 + 0.45 * Math.sqrt((us - least) / range);
}

const legend = () => element("div", { class: "legend" },
  element("span", {}, "all tasks by index:"),
  ...[["heat", "the stronger, the longer"], ["error", "\u2716 failed"], ["warn", "\u25b2 straggler"]].map(([paint, text]) =>
    element("span", {}, element("i", { style: { background: paint === "heat" ? "rgb(var(--heat) / .6)" : `var(--${paint})` } }), text)));

/** On which hosts tasks failed or took long, where there are several to compare. */
function hostsOf(hosts) {
  const remarkable = hosts.filter((host) => host.failed + host.stragglers > 0);
  if (hosts.length < 2 || remarkable.length === 0) return false;
  const one = ({ instance, attempts, failed, stragglers }) => element("li", {}, element("span", { class: "mono" }, brief(instance, 40)), ` of ${count(attempts, "attempt")}`,
    failed > 0 && element("b", { class: "bad" }, ` \u2716 ${failed.toLocaleString("en")} failed`), stragglers > 0 && element("b", { class: "sign" }, ` \u25b2 ${count(stragglers, "straggler")}`));
  const others = hosts.length - Math.min(remarkable.length, 5);
  return element("ul", { class: "hosts", "aria-label": "Hosts on which tasks failed or took long" }, remarkable.slice(0, 5).map(one),
    others > 0 && element("li", {}, remarkable.length > 5 ? `and ${count(others, "other host")}` : `nothing of it on ${count(others, "other host")}`));
}

/** Every task by index in little boxes. */
function stripOf(tasks) {
  const sorted = [...tasks].sort((a, b) => a.index - b.index);
  const most = sorted.reduce((longest_, task) => Math.max(longest_, task.total_us), 1);
  const layout = (width) => {
    const side = Math.max(3, Math.min(22, Math.floor(Math.sqrt((width * 110) / sorted.length))));
    const columns = Math.max(1, Math.floor(width / side));
    return { side, columns, lines: Math.ceil(sorted.length / columns) };
  };
  return {
    draw: (canvas) => {
      const width = canvas.clientWidth;
      const { side, columns, lines } = layout(width);
      canvas.style.height = `${lines * side}px`;
      const context = pen(canvas, width, lines * side);
      const paint = paints();
      const gap = side > 6 ? 2 : side > 3 ? 1 : 0;
      sorted.forEach((task, i) => {
        context.globalAlpha = task.failed || task.straggler ? 1 : 0.12 + (0.78 * task.total_us) / most;
        context.fillStyle = task.failed ? paint("--error") : task.straggler ? paint("--warn") : `rgb(${paint("--heat")})`;
        context.fillRect((i % columns) * side, Math.floor(i / columns) * side, side - gap, side - gap);
      });
    },
    at: (canvas, event) => {
      const box = canvas.getBoundingClientRect();
      const { side, columns } = layout(canvas.clientWidth);
      return sorted[Math.floor((event.clientY - box.top) / side) * columns + Math.floor((event.clientX - box.left) / side)];
    },
  };
}
