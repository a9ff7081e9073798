// Text from traces as it can be read: nothing in it acts, and nothing in it hides.

const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\ud800-\udfff]|[\u{e0000}-\u{e0fff}]/gu;

/** What stands for a character that nobody would see, or that turns the text around it. */
function sign(character) {
  const code = character.codePointAt(0);
  return `[U+${code.toString(16).toUpperCase().padStart(4, "0")}]`;
}

/** The text with every such character made visible; with `lines`, its line ends and tabs are kept. */
function visible(text, lines = false) {
  const keep = (character) => (lines && (character === "\n" || character === "\t") ? character : sign(character));
  return String(text).replace(/\r\n/g, lines ? "\n" : "\r\n").replace(UNSEEN, keep);
}

/** The beginning of a text, where there is room for no more. */
function short(text, room) {
  // A letter has two units at most.
  const letters = [...visible(String(text).slice(0, 2 * room + 2))];
  return letters.length > room ? `${letters.slice(0, room - 1).join("")}\u2026` : letters.join("");
}

/** Microseconds as people read them. */
function duration(us) {
  if (us === null || us === undefined) return "open";
  const say = (value, unit) => `${value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)} ${unit}`;
  if (us < 1) return us === 0 ? "0" : `${(us * 1000).toFixed(0)} ns`;
  if (us < 999.5) return say(us, "\u00b5s");
  if (us < 999500) return say(us / 1e3, "ms");
  if (us < 119.5e6) return say(us / 1e6, "s");
  const seconds = Math.round(us / 1e6);
  const two = (number) => String(number).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h ${two(Math.floor(seconds / 60) % 60)} min`;
  return `${(seconds / 86400).toFixed(1)} d`;
}

/** An instant of RFC 3339 as people read it, in UTC. */
function instant(text) {
  return String(text).replace("T", " ").replace(/(\.\d{3})\d*/, "$1").replace("Z", " UTC");
}

/** The instant that is so many microseconds after a trace's start. */
function instantIn(trace, us) {
  const nano = BigInt(trace.start_unix_nano) + BigInt(Math.round(us * 1000));
  const milliseconds = nano / 1000000n;
  const rest = String(nano % 1000000n).padStart(6, "0").slice(0, 3);
  return new Date(Number(milliseconds)).toISOString().replace("T", " ").replace("Z", `${rest} UTC`);
}

const count = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

/** A part of a whole in hundred; what is there never looks like nothing. */
function percent(part, whole) {
  if (!whole || !part) return "0 %";
  const value = (100 * part) / whole;
  return value < 0.1 ? "<0.1 %" : `${value < 10 && value % 1 ? value.toFixed(1) : Math.round(value)} %`;
}

/** A value of an attribute as text. */
const shown = (value) => (typeof value === "string" ? value : JSON.stringify(value));
