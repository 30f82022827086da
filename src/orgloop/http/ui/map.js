// The topology as a picture: what comes in on the left, routes in the middle, who gets it on the right.

import { h, put, s } from "./dom.js";
import { to } from "./place.js";
import { rateText } from "./rates.js";
import { number } from "./text.js";
import { duration } from "./times.js";
import { chosen } from "./topology.js";

const PITCH = 58;
const STEP_MS = 250; // how much later the second half of a way lights up

/** Draws a choice of components, and lights up the ways on which something flows. */
export class FlowMap {
  #picture = h("div", { class: "map" });
  #lines = h("ul", { class: "ways", "aria-label": "Routes, from source to actor" });
  #edges = new Map();
  #rates = new Map();
  #mark = "";
  #isStill = matchMedia("(prefers-reduced-motion: reduce)");

  node = h("div", {}, this.#picture, this.#lines);

  /** Draw what is to be seen of the runtime; return what was left out. */
  show(current, wanted) {
    const choice = chosen(current, wanted);
    const mark = JSON.stringify([choice.sources, choice.routes, choice.actors]);
    if (mark !== this.#mark) {
      this.#mark = mark;
      this.#draw(choice);
    }
    return choice;
  }

  /** Say how often each of them has something to do. */
  tell(rates) {
    for (const [key, places] of this.#rates) {
      const said = rateText(rates.of(key));
      for (const place of places) if (place.textContent !== said) place.textContent = said;
    }
  }

  /** Light up the way of a route, from its source to its actor. */
  pulse(route) {
    if (this.#isStill.matches) return;
    for (const [side, delay] of [
      ["in", 0],
      ["out", STEP_MS],
    ]) {
      const path = this.#edges.get(side + route)?.path;
      path?.animate([{ strokeOpacity: 1, strokeWidth: "3.5px" }, {}], { duration: 1200, delay, easing: "ease-out" });
    }
  }

  #draw({ sources, routes, actors }) {
    const held = this.#picture.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    this.#edges.clear();
    this.#rates.clear();
    const middle = new Map(routes.map((route, at) => [route.key, at]));
    const left = places(sources, middle);
    const right = places(actors, middle);
    const rows = Math.ceil(
      Math.max(1, ...[...middle.values(), ...left.values(), ...right.values()].map((at) => at + 1)),
    );
    const height = rows * PITCH;
    put(
      this.#picture,
      this.#column(
        "Sources",
        sources.map((one) => [left.get(one.key), endNode(one, "source")]),
        height,
      ),
      this.#wires(routes, "in", (one) => [left.get(one.source), middle.get(one.key)], height),
      this.#column(
        "Routes",
        routes.map((one) => [middle.get(one.key), routeNode(one)]),
        height,
      ),
      this.#wires(routes, "out", (one) => [middle.get(one.key), right.get(one.actor)], height),
      this.#column(
        "Actors",
        actors.map((one) => [right.get(one.key), endNode(one, "actor")]),
        height,
      ),
    );
    put(
      this.#lines,
      routes.map((route) => way(route, sources, actors)),
      [...sources, ...actors].filter(({ note }) => note).map(alone),
    );
    for (const place of this.node.querySelectorAll("[data-rate]")) {
      const known = this.#rates.get(place.dataset.rate) ?? [];
      this.#rates.set(place.dataset.rate, [...known, place]);
    }
    if (held) this.#picture.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
  }

  #column(title, placed, height) {
    const nodes = placed.map(([at, node]) => {
      node.style.setProperty("top", `${at * PITCH}px`);
      for (const kind of ["mouseenter", "focus"]) node.addEventListener(kind, () => this.#follow(node.dataset.key));
      for (const kind of ["mouseleave", "blur"]) node.addEventListener(kind, () => this.#follow(null));
      return h("li", {}, node);
    });
    return h(
      "section",
      {},
      h("h2", {}, title),
      h("ul", { class: "nodes", "aria-label": title, at: { height: `${height}px` } }, nodes),
    );
  }

  #wires(routes, side, ends, height) {
    const paths = routes.map((route) => {
      const [from, into] = ends(route).map((at) => at * PITCH + PITCH / 2 - 5);
      const path = s("path", {
        d: `M0 ${from}C55 ${from} 45 ${into} 100 ${into}`,
        class: `wire${route.isTroubled ? " is-bad" : ""}`,
        "vector-effect": "non-scaling-stroke",
      });
      this.#edges.set(side + route.key, { path, route });
      return path;
    });
    return s(
      "svg",
      { viewBox: `0 0 100 ${height}`, height, preserveAspectRatio: "none", "aria-hidden": "true", class: "wires" },
      paths,
    );
  }

  /** Bring out the ways through one component. */
  #follow(key) {
    for (const { path, route } of this.#edges.values()) {
      const isOnIt = [route.key, route.source, route.actor].includes(key);
      path.classList.toggle("is-on", isOnIt);
      path.classList.toggle("is-off", key !== null && !isOnIt);
    }
  }
}

/** Give each end the place in the middle of its routes, and none of them another's. */
function places(ends, middle) {
  const wanted = ends.map((end) => {
    const rows = end.routes.map((route) => middle.get(route.key));
    return [end, rows.length ? rows.reduce((sum, at) => sum + at, 0) / rows.length : Infinity];
  });
  wanted.sort(([, one], [, other]) => one - other || 0);
  const found = new Map();
  let free = 0;
  for (const [end, row] of wanted) {
    const at = Math.max(free, row === Infinity ? free : row);
    found.set(end.key, at);
    free = at + 1;
  }
  return found;
}

/** Return what a node says in full: its name may be cut. */
function hint(name, more) {
  return more ? `${name}: ${more}` : name;
}

function endNode({ key, row, note, isActor }, column) {
  const isBad = row.status !== "ok" && row.status !== "healthy";
  const kind = isBad ? "bad" : note ? "warn" : "good";
  const loops = isActor && column === "source" ? "its own events · " : "";
  const query =
    isActor && column === "actor" ? ["queue", { tab: "waiting", actor: row.id }] : ["events", { source: row.id }];
  return h(
    "a",
    {
      class: `node is-${kind}${loops ? " loops" : ""}`,
      href: to(...query),
      title: hint(row.id, row.reason ?? row.description),
      data: { key },
    },
    h("span", { class: "name" }, h("i", { class: "dot", "aria-hidden": "true" }), row.id),
    h("span", { class: "rate", data: { rate: column === "source" ? `from:${key}` : key } }),
    h("span", { class: "sub" }, note ?? loops + (isActor ? aboutActor(row, column) : aboutSource(row, isBad))),
    isActor &&
      column === "actor" &&
      row.waiting > 0 &&
      h("span", { class: "depth", title: "waiting" }, number(row.waiting)),
  );
}

function aboutSource(row, isBad) {
  if (isBad) return row.status === "degraded" ? "cannot start" : `fails: ${row.last_error ?? ""}`;
  return `${row.connector} · ${number(row.events_24h)} in 24 h`;
}

function aboutActor(row, column) {
  if (column === "source") return row.connector;
  const { state, retry_in_ms: wait } = row.circuit;
  if (state !== "closed")
    return state === "open" && wait ? `circuit open, probe in ${duration(wait)}` : `circuit ${state.replace("_", " ")}`;
  if (row.status !== "ok") return "degraded";
  return row.in_flight ? `${row.connector} · ${row.in_flight} running` : row.connector;
}

function routeNode({ key, name, row, isTroubled }) {
  const steps = row.transforms.length;
  return h(
    "a",
    {
      class: `node route${isTroubled ? " is-bad" : ""}`,
      href: to("events", { route: name }),
      title: hint(name, row.description),
      data: { key },
    },
    h("span", { class: "name" }, name),
    h("span", { class: "rate", data: { rate: key } }),
    h(
      "span",
      { class: "sub" },
      [
        `${number(row.fire_count)} fired`,
        steps && `${steps} transform${steps > 1 ? "s" : ""}`,
        row.sop_file && "prompt",
      ]
        .filter(Boolean)
        .join(" · "),
    ),
  );
}

/** Return a route as a line, for screens too narrow for the picture. */
function way({ key, name, row, isTroubled, source, actor }, sources, actors) {
  const origin = sources.find((one) => one.key === source)?.row;
  const target = actors.find((one) => one.key === actor)?.row;
  return h(
    "li",
    { class: isTroubled ? "is-bad" : "" },
    h("a", { href: to("events", { route: name }) }, name),
    h("span", { class: "rate", data: { rate: key } }),
    h(
      "span",
      { class: "sub" },
      `${row.when.source} → ${row.actor}`,
      origin && origin !== target && origin.status !== "healthy" && origin.status !== "ok" ? " · source fails" : "",
      target && target.status !== "ok" ? " · degraded" : "",
      target?.waiting ? ` · ${number(target.waiting)} waiting` : "",
    ),
  );
}

/** Return an end that no route leads to or from, as such a line. */
function alone({ key, row, note, isActor }) {
  const view = isActor ? "actors" : "sources";
  return h(
    "li",
    { class: "is-warn" },
    h("a", { href: to(view, { find: row.id }) }, row.id),
    h("span", { class: "rate", data: { rate: isActor ? key : `from:${key}` } }),
    h("span", { class: "sub" }, note),
  );
}
