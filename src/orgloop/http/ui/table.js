// Tables whose rows stay where they are while what they show changes.

import { button, h, put, takePlace } from "./dom.js";
import { cameFrom } from "./place.js";
import { number } from "./text.js";

const PORTION = 100;

/**
 * Return a table as `node`, and `show(rows, empty)`, which draws what changed and nothing else.
 *
 * A column is `{ name, cell(row), class }`; `key(row)` names a row for as long as it is shown.
 * At most `portion` rows are drawn until the reader asks for more.
 */
export function table({ label, columns, key, empty = "Nothing here.", portion = PORTION }) {
  const body = h("tbody", { role: "rowgroup" });
  const foot = h("div", { class: "more" });
  const drawn = new Map();
  let limit = portion;
  let rows = [];
  let nothing = empty;

  const head = columns.map((one) => h("th", { role: "columnheader", scope: "col", class: one.class }, heading(one)));
  const node = h(
    "div",
    { class: "table" },
    h(
      "table",
      { role: "table", "aria-label": label },
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, head)),
      body,
    ),
    foot,
  );

  function draw() {
    const wanted = rows.slice(0, limit).map((row) => of(row, String(key(row)), JSON.stringify(row)));
    arrange(body, wanted);
    forget(wanted);
    put(foot, rest(), !rows.length && h("p", { class: "empty" }, nothing));
  }

  function of(row, name, mark) {
    const known = drawn.get(name);
    if (known?.mark === mark) return known.element;
    const element = line(columns, row);
    if (known) takePlace(known.element, element);
    drawn.set(name, { element, mark });
    return element;
  }

  function forget(wanted) {
    if (drawn.size === wanted.length) return;
    const kept = new Set(wanted);
    for (const [name, { element }] of drawn) if (!kept.has(element)) drawn.delete(name);
  }

  function rest() {
    const left = rows.length - limit;
    return (
      left > 0 &&
      button(
        `Show ${number(Math.min(portion, left))} more of ${number(rows.length)}`,
        () => ((limit += portion), draw()),
      )
    );
  }

  return {
    node,
    show(others, saidIfEmpty = empty) {
      const isFirst = !drawn.size;
      rows = others;
      nothing = saidIfEmpty;
      draw();
      if (isFirst) goBackTo(node);
    },
  };
}

function heading(column) {
  return column.hidden ? h("span", { class: "unseen" }, column.name) : column.name;
}

function line(columns, row) {
  const cells = columns.map((one) =>
    h("td", { role: "cell", class: one.class, data: { label: one.hidden ? "" : one.name } }, one.cell(row)),
  );
  return h("tr", { role: "row", data: { row: "" } }, cells);
}

/**
 * Put elements into a parent in this order, moving as few as there are to move. Where the one with the
 * focus goes away, the one in its place has the focus.
 */
function arrange(parent, wanted) {
  const kept = new Set(wanted);
  const before = [...parent.children];
  const held = before.findIndex((child) => child.contains(document.activeElement));
  for (const child of before) if (!kept.has(child)) child.remove();
  let next = parent.firstElementChild;
  for (const element of wanted) {
    if (element === next) next = next.nextElementSibling;
    else parent.insertBefore(element, next);
  }
  if (held < 0 || kept.has(before[held])) return;
  const heir = wanted[Math.min(held, wanted.length - 1)]?.querySelector("a, button") ?? document.getElementById("main");
  heir.focus({ preventScroll: true });
}

/** Give the focus to the link that the reader has followed and comes back from. */
function goBackTo(node) {
  const link = node.querySelector(`a[href="${CSS.escape(cameFrom())}"]`);
  if (!link || document.activeElement !== document.getElementById("main")) return;
  link.focus({ preventScroll: true });
  link.scrollIntoView({ block: "center" });
}
