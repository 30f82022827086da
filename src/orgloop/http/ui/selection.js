// Which rows of a list are selected, and what may be done with them together.

import { ACTIONS, act, actOnAll, allowed } from "./actions.js";
import { button, h } from "./dom.js";
import { number } from "./text.js";

/** The bar above a list. `criteria()` and `projects()` say what all that match are, `changed()` is told afterwards. */
export class Selection {
  #rows = new Map();
  #chosen = new Set();
  #boxes = new Map();
  #all = h("input", { type: "checkbox", id: "choose-all", on: { change: () => this.#chooseAll() } });
  #label = h("label", { for: "choose-all" });
  #few = [];
  #many = [];

  constructor(names, { criteria, projects, changed }) {
    for (const name of names) {
      const { verb, isDangerous } = ACTIONS[name];
      const chosen = () => this.#picked().filter((row) => allowed(row.state).includes(name));
      this.#few.push(button(verb, () => act(name, chosen(), changed), { class: isDangerous ? "danger" : "" }));
      this.#many.push(
        button(`${verb} all that match…`, () => actOnAll(name, criteria(), projects(), changed), { class: "quiet" }),
      );
    }
    this.node = h(
      "div",
      { class: "acts", role: "group", "aria-label": "With those selected" },
      this.#all,
      this.#label,
      this.#few,
      h("span", { class: "gap" }),
      this.#many,
    );
    this.#draw();
  }

  /** Return the box of one row. */
  box(row) {
    const box = h("input", {
      type: "checkbox",
      "aria-label": `Select ${row.route} to ${row.actor}, ${row.id}`,
      on: { change: () => (this.#chosen[box.checked ? "add" : "delete"](row.id), this.#draw()) },
    });
    box.checked = this.#chosen.has(row.id);
    this.#boxes.set(row.id, box);
    return box;
  }

  /** Take note of the rows that there are now. */
  show(rows) {
    this.#rows = rows;
    for (const key of this.#boxes.keys()) {
      if (rows.has(key)) continue;
      this.#boxes.delete(key);
      this.#chosen.delete(key);
    }
    this.#draw();
  }

  /** Select nothing. */
  clear() {
    this.#chosen.clear();
    this.#draw();
  }

  #picked() {
    return [...this.#chosen].map((key) => this.#rows.get(key)).filter(Boolean);
  }

  #chooseAll() {
    this.#chosen = new Set(this.#all.checked ? this.#boxes.keys() : []);
    this.#draw();
  }

  #draw() {
    const count = this.#picked().length;
    for (const [key, box] of this.#boxes) box.checked = this.#chosen.has(key);
    this.#all.checked = count > 0 && count === this.#rows.size;
    this.#all.indeterminate = count > 0 && count < this.#rows.size;
    this.#label.textContent = count ? `${number(count)} selected` : "Select all shown";
    if (!count && this.#few.includes(document.activeElement)) this.#all.focus(); // before it would be lost
    for (const one of this.#few) one.disabled = !count;
    for (const one of this.#many) one.hidden = !this.#rows.size;
  }
}
