// Ask before something is changed, and tell what became of it.

import { button, h } from "./dom.js";

const SHOWN_MS = 8_000;

/** Ask a question; answers true if the reader agrees. */
export function confirmed({ title, text, act, isDangerous = false }) {
  return new Promise((resolve) => {
    let agreed = false;
    const dialog = h(
      "dialog",
      {
        class: "ask",
        "aria-labelledby": "ask-title",
        on: { close: () => (dialog.remove(), resolve(agreed)) },
      },
      h("h2", { id: "ask-title" }, title),
      h("p", {}, text),
      h(
        "div",
        { class: "acts" },
        button("Cancel", () => dialog.close(), { autofocus: isDangerous }),
        button(act, () => ((agreed = true), dialog.close()), {
          class: isDangerous ? "main danger" : "main",
          autofocus: !isDangerous,
        }),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Tell, for some seconds, how something went. */
export function tell(text, kind = "good") {
  const told = h("p", { class: `is-${kind}` }, text);
  const place = document.getElementById("told");
  place.append(told);
  if (place.children.length > 4) place.firstChild.remove();
  setTimeout(() => told.remove(), SHOWN_MS);
}

/** Close what asks or explains: the view below it is another one now. */
export function closeDialogs() {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
}

/** Tell why something was refused, and what to do; who was turned away is told by the whole page. */
export function tellRefused(error) {
  if (error.name === "AbortError" || error.status === 401) return;
  if (error.status === undefined) throw error;
  tell(error.hint ? `${error.message}. ${error.hint}` : error.message, "bad");
}

/** The same for what the page has asked by itself: not what the banner says already. */
export function tellUnasked(error) {
  if (error.status !== 0 && error.status !== 503) tellRefused(error);
}
