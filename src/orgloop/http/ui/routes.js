// Routes: what each waits for, what it does with it, and who gets it.

import { components } from "./components.js";
import { h } from "./dom.js";
import { clamped, projectOf } from "./parts.js";
import { to } from "./place.js";
import { number } from "./text.js";
import { ago } from "./times.js";

const TYPES = 3; // there are no others

/** Show the view. */
export function routes(page) {
  const { status } = page;
  const degraded = () =>
    new Set(
      (status.current?.actors ?? []).filter((one) => one.status !== "ok").map((one) => `${one.module}/${one.id}`),
    );
  components(page, {
    view: "routes",
    title: "Routes",
    empty: "No route is like that.",
    rows: (current) => {
      const names = degraded();
      return current.routes.map((row) => ({ ...row, isTroubled: names.has(`${row.module}/${row.actor}`) }));
    },
    words: (row) => [
      row.name,
      row.when.source,
      row.actor,
      row.module,
      row.description,
      ...row.transforms,
      ...row.when.events,
    ],
    isTroubled: (row) => row.isTroubled,
    columns: [
      {
        name: "Route",
        class: "grow",
        cell: (row) => [
          h("a", { href: to("events", { route: row.name }) }, h("b", {}, row.name)),
          projectOf(row, status),
          row.description && clamped(row.description),
        ],
      },
      { name: "When", class: "grow", cell: (row) => when(row) },
      {
        name: "Transforms",
        class: "grow",
        cell: (row) => (row.transforms.length ? row.transforms.join(" → ") : h("span", { class: "dim" }, "none")),
      },
      { name: "Then", class: "grow", cell: (row) => then(row) },
      { name: "Fired", class: "number", cell: (row) => number(row.fire_count) },
      { name: "Last", class: "when", cell: (row) => ago(row.last_fired, "never") },
    ],
  });
}

function when({ when: { source, events, filter } }) {
  const entries = Object.entries(filter ?? {});
  return [
    h("a", { href: to("events", { source }) }, source),
    h("span", { class: "dim" }, events.length < TYPES ? ` ${events.join(", ")}` : " any type"),
    entries.length > 0 &&
      h(
        "p",
        {},
        entries.map(([path, value]) =>
          h("code", { class: "entry" }, `${path}: ${typeof value === "string" ? value : JSON.stringify(value)}`),
        ),
      ),
  ];
}

function then(row) {
  return [
    h("a", { href: to("actors", { find: row.actor }) }, row.actor),
    row.isTroubled && h("span", { class: "is-bad" }, " degraded"),
    row.sop_file && h("p", { class: "dim" }, row.sop_file),
  ];
}
