// Addresses within the page: `#/events/evt_1?source=hook`.

/** Return the view, what follows it, and the query of the current address. */
export function place() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [view, ...rest] = path.split("/");
  return { path: view, rest: rest.map(decoded), query: Object.fromEntries(new URLSearchParams(query)) };
}

let before = "";
let now = location.hash;
addEventListener("hashchange", () => ([before, now] = [now, location.hash]));

/** Return the address that the reader was at before this one. */
export function cameFrom() {
  return before;
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Return the address of a view. */
export function to(view, query = {}) {
  const given = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
  return `#/${view}${given.size ? "?" + given : ""}`;
}

/** Return the address of one event. */
export function toEvent(id, project) {
  return to(`events/${encodeURIComponent(id)}`, { project });
}

/** Write other filters into the address without another view of history. */
export function replaceQuery(view, query) {
  history.replaceState(null, "", to(view, query));
}
