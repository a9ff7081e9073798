// News of the server, for all pages of a browser over one connection.
//
// A browser makes six connections to a server, and a stream of events takes one for as long as its page is open: a seventh
// page could not even ask for its traces. So one page has the stream, by a lock that all of them wait for, and tells the others.

const NEWS = "spawn-traces";
/** A page that hears nothing from the one with the lock for so long takes it: that one may be frozen, or stand at a breakpoint. */
const PATIENCE = 3000;
const ASK_AGAIN = 15000;

/** Calls `tell({ kind, status })` of what comes; `kind` is `open`, `changed` or `lost`. */
function followNews(tell) {
  if (!navigator.locks || !window.BroadcastChannel) {
    listen(tell);
    return;
  }
  const channel = new BroadcastChannel(NEWS);
  let events = null, last = { kind: "waits" }, turn = 0, waits = null, timer = 0;
  const hear = (news) => {
    clearTimeout(timer);
    // An answer is news to a page that has heard nothing so far.
    if (news.kind === "waits" || (news.answer && last.kind !== "waits")) return;
    last = news;
    tell(news);
  };
  const lead = () => new Promise(() => {
    events = listen((news) => {
      channel.postMessage(news);
      hear(news);
    });
  });
  const queue = (steal) => {
    const mine = (turn += 1);
    waits?.abort();
    waits = steal ? null : new AbortController();
    navigator.locks.request(NEWS, steal ? { steal } : { signal: waits.signal }, lead).catch(() => {
      if (mine !== turn) return;
      // Another page has taken the lock.
      events?.close();
      events = null;
      queue(false);
    });
  };
  const ask = () => {
    if (events || document.hidden) return;
    channel.postMessage("who");
    clearTimeout(timer);
    timer = setTimeout(() => events || queue(true), PATIENCE);
  };
  channel.onmessage = ({ data }) => {
    if (data !== "who") hear(data);
    else if (events) channel.postMessage({ ...last, answer: true });
  };
  document.addEventListener("visibilitychange", ask);
  setInterval(ask, ASK_AGAIN);
  queue(false);
  ask();
}

/** The stream itself. */
function listen(tell) {
  const events = new EventSource("/api/events");
  events.onopen = () => tell({ kind: "open" });
  events.onerror = () => tell({ kind: "lost" });
  events.addEventListener("changed", (event) => tell({ kind: "changed", status: JSON.parse(event.data) }));
  return events;
}
