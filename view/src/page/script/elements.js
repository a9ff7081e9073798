// Making elements. Text becomes a text node, always.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, one] of Object.entries(value)) node.style.setProperty(key, one);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const element = (name, properties = {}, ...children) => fill(document.createElement(name), properties, children);
const drawn = (name, properties = {}, ...children) => fill(document.createElementNS(SVG, name), properties, children);

/** Text from a trace: what cannot be seen is made visible, and its direction stays its own. */
const from = (text, properties = {}) => element("bdi", { class: "from", ...properties }, visible(text));

/** The same for a title: its beginning. The details have all of it. */
const brief = (text, room = 100) => element("bdi", { class: "from" }, short(text, room));

const button = (text, act, properties = {}) => element("button", { type: "button", onclick: act, ...properties }, text);

const by = (id) => document.getElementById(id);

/** Says a sentence to whoever listens to the page. */
function say(text) {
  const said = by("said");
  said.textContent = said.textContent === text ? `${text}\u00a0` : text;
}
