// Which sources, routes and actors belong together, and which of them to show when there are many.

/** Return a name that no other component of any project has. */
export function nameOf(kind, project, id) {
  return `${kind}:${project}/${id}`;
}

/**
 * Return what is to be drawn of a runtime's components: `sources`, `routes` and `actors`, each with
 * what it leads to, and how many routes are left out. Trouble comes first, then what is used most.
 */
export function chosen(current, { text = "", most = 14 } = {}) {
  const sources = new Map(current.sources.map((one) => [nameOf("source", one.module, one.id), one]));
  const actors = new Map(current.actors.map((one) => [nameOf("actor", one.module, one.id), one]));
  const all = current.routes.map((route, order) => ({ ...routeNode(route, sources, actors), order }));
  const wanted = matching(text);
  const found = all.filter((one) => wanted(one.name, one.row.when.source, one.row.actor));
  const routes = found
    .sort(byNeed)
    .slice(0, most)
    .sort((one, other) => one.order - other.order);
  const read = new Set(all.map((one) => one.source));
  const reached = new Set(all.map((one) => one.actor));
  const unread = [...sources].filter(([name, row]) => !read.has(name) && wanted(row.id));
  const unreached = [...actors].filter(([name, row]) => !reached.has(name) && wanted(row.id));
  return {
    routes,
    sources: [...nodes(routes, "source", sources, actors), ...lonely(unread, "no route reads it")],
    actors: [...nodes(routes, "actor", actors, sources), ...lonely(unreached, "no route leads to it")],
    left: found.length - routes.length,
    lonely: Math.max(0, unread.length - LONELY) + Math.max(0, unreached.length - LONELY),
  };
}

const LONELY = 4;

function routeNode(row, sources, actors) {
  const project = row.module;
  const asSource = nameOf("source", project, row.when.source);
  const source = sources.has(asSource) ? asSource : nameOf("actor", project, row.when.source);
  const actor = nameOf("actor", project, row.actor);
  const isTroubled =
    actors.get(actor)?.status === "degraded" || (sources.has(source) && sources.get(source).status !== "healthy");
  return { key: nameOf("route", project, row.name), name: row.name, row, source, actor, isTroubled };
}

function matching(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return (...names) => {
    const said = names.join(" ").toLowerCase();
    return words.every((word) => said.includes(word));
  };
}

function byNeed(one, other) {
  return (
    Number(other.isTroubled) - Number(one.isTroubled) ||
    other.row.fire_count - one.row.fire_count ||
    one.name.localeCompare(other.name)
  );
}

/** Return the ends of routes, each once, with the routes that it has. */
function nodes(routes, side, those, others) {
  const found = new Map();
  for (const route of routes) {
    const key = route[side];
    const row = those.get(key) ?? others.get(key);
    if (!row) continue;
    const node = found.get(key) ?? { key, row, routes: [], isActor: key.startsWith("actor:") };
    node.routes.push(route);
    found.set(key, node);
  }
  return [...found.values()];
}

function lonely(pairs, note) {
  return pairs
    .slice(0, LONELY)
    .map(([key, row]) => ({ key, row, routes: [], note, isActor: key.startsWith("actor:") }));
}
