// The part of the address behind `#` names what is looked at, so that a link leads back to it.
//
// `#/traces`, `#/trace/ID`, `#/trace/ID/SPAN`, `#/map`, `#/map/ID`, `#/arrays`, `#/arrays/ID`.

const address = {
  traces: () => "#/traces",
  trace: (id, span = "") => `#/trace/${encodeURIComponent(id)}${span ? `/${encodeURIComponent(span)}` : ""}`,
  map: (id = "") => `#/map${id ? `/${encodeURIComponent(id)}` : ""}`,
  arrays: (id = "") => `#/arrays${id ? `/${encodeURIComponent(id)}` : ""}`,
};

function readAddress() {
  const path = location.hash ? location.hash.slice(1) : location.pathname.startsWith("/trace/") ? location.pathname : "";
  const [view = "", ...rest] = path.split("/").filter(Boolean);
  const decode = (part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return "";
    }
  };
  return { view, parts: rest.map(decode) };
}

/** Names the chosen span in the address without a step in the history. */
function rememberSpan(trace, at) {
  const span = at >= 0 ? trace.spans[at].span_id : "";
  // A page within a frame of another origin, or one of no address, may not.
  try {
    history.replaceState(null, "", address.trace(trace.data.trace_id, span));
  } catch {
    return;
  }
}
