// Actors: their circuits, what they have in hand, and what waits for them.

import { components } from "./components.js";
import { h } from "./dom.js";
import { tree } from "./json.js";
import { clamped, pill, projectOf } from "./parts.js";
import { to } from "./place.js";
import { number } from "./text.js";
import { duration } from "./times.js";

const CIRCUITS = { closed: "good", half_open: "warn", open: "bad" };

/** Show the view. */
export function actors(page) {
  const { status } = page;
  components(page, {
    view: "actors",
    title: "Actors",
    empty: "No actor is like that.",
    rows: (current) => current.actors,
    words: (row) => [row.id, row.connector, row.module, row.description],
    isTroubled: (row) => row.status !== "ok",
    columns: [
      {
        name: "Actor",
        class: "grow",
        cell: (row) => [h("b", {}, row.id), projectOf(row, status), clamped(row.description || row.connector)],
      },
      { name: "State", cell: (row) => pill(row.status) },
      { name: "Circuit", cell: (row) => circuit(row.circuit) },
      {
        name: "Running",
        class: "number",
        cell: (row) => [number(row.in_flight), h("span", { class: "dim" }, ` of ${row.delivery.concurrency}`)],
      },
      { name: "Waiting", class: "number", cell: (row) => count(row.waiting, { tab: "waiting", actor: row.id }) },
      { name: "Held", class: "number", cell: (row) => count(row.held, { tab: "held", actor: row.id }) },
      { name: "Dead", class: "number", cell: (row) => count(row.dead, { tab: "dead", actor: row.id }) },
      {
        name: "Delivered",
        class: "number",
        cell: (row) => count(row.delivered, { tab: "settled", actor: row.id, state: "delivered" }),
      },
      { name: "Details", class: "grow", cell: (row) => [row.reason && clamped(row.reason), settings(row)] },
    ],
  });
}

function count(value, query) {
  return value ? h("a", { href: to("queue", query) }, number(value)) : h("span", { class: "dim" }, "0");
}

function circuit({ state, failures, retry_in_ms: wait }) {
  const about =
    state === "open" && wait !== null
      ? `next probe in ${duration(wait)}`
      : failures
        ? `${number(failures)} failures`
        : "";
  return [pill(state, CIRCUITS[state]), about && h("p", { class: "dim" }, about)];
}

/** The settings of a delivery that hold for an actor, drawn when somebody looks. */
function settings(row) {
  const content = h("div", {});
  const details = h("details", { class: "settings" }, h("summary", {}, "Settings"), content);
  details.addEventListener(
    "toggle",
    () => details.open && !content.childElementCount && content.append(tree(row.delivery, 3)),
  );
  return details;
}
