// What the lists of sources, routes and actors have in common: a filter, trouble first, always current.

import { calmly, h, put } from "./dom.js";
import { filterBar, heading } from "./parts.js";
import { table } from "./table.js";
import { number } from "./text.js";

const CALM_MS = 500;

/**
 * Show a list of components that keeps itself up to date.
 *
 * `rows(current)` are all of them, `words(row)` what can be searched for, `isTroubled(row)` says
 * which come first.
 */
export function components({ root, query, status, signal }, { view, title, columns, rows, words, isTroubled, empty }) {
  const list = table({ label: title, columns, key: (row) => `${row.module}/${row.id ?? row.name}`, empty });
  const count = h("span", { class: "dim" });
  const bar = filterBar({
    view,
    query,
    fields: [
      { name: "find", label: `Find among ${title.toLowerCase()}`, type: "search", isSearch: true },
      { name: "only", label: "All of them", choices: ["in trouble"] },
    ],
    changed: () => draw(),
  });
  put(root, heading(title, count), bar.node, list.node);

  function draw() {
    if (!status.current) return;
    const { find = "", only } = bar.values();
    const wanted = find.toLowerCase().split(/\s+/).filter(Boolean);
    const all = rows(status.current);
    const found = all.filter((row) => {
      const said = words(row).join(" ").toLowerCase();
      return (!only || isTroubled(row)) && wanted.every((word) => said.includes(word));
    });
    count.textContent =
      found.length === all.length ? `${number(all.length)} in all` : `${number(found.length)} of ${number(all.length)}`;
    list.show([...found.filter(isTroubled), ...found.filter((row) => !isTroubled(row))]);
  }

  status.addEventListener("change", calmly(draw, CALM_MS, signal), { signal });
  draw();
}
