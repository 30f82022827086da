// What the keys do.

import { button, h } from "./dom.js";

const KEYS = [
  ["/", "search or filter; ↓ goes to what was found"],
  ["g then o e q s r a l", "overview, events, queue, sources, routes, actors, logs"],
  ["j, k or ↓, ↑", "next and previous row"],
  ["Enter", "open what has the focus"],
  ["p", "pause what is live, or go on"],
  ["Esc", "leave a field, close a window"],
  ["?", "this help"],
];

/** Open the help. */
export function help() {
  const dialog = h(
    "dialog",
    { class: "ask", "aria-labelledby": "help-title", on: { close: () => dialog.remove() } },
    h("h2", { id: "help-title" }, "Keys"),
    h(
      "dl",
      { class: "keys" },
      KEYS.map(([key, does]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, does)]),
    ),
    h(
      "div",
      { class: "acts" },
      button("Close", () => dialog.close(), { class: "main" }),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
}
