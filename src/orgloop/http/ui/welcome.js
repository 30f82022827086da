// What somebody sees who has no session.

import { h, put } from "./dom.js";

/** Say how to get in. */
export function welcome(root, reason = "") {
  put(
    root,
    h(
      "section",
      { class: "welcome" },
      h("img", { src: "/ui/mark.svg", alt: "", width: 56, height: 56 }),
      h("h1", {}, "This is the dashboard of an OrgLoop runtime"),
      reason && h("p", { class: "is-warn", role: "status" }, reason),
      h("p", {}, "It opens without a password, from the machine that the runtime is on:"),
      h("pre", { class: "command", tabindex: 0, "aria-label": "Command" }, "orgloop ui"),
      h(
        "p",
        { class: "dim" },
        "That opens this page with a code in its address. The code is good once, and for 30 seconds; the session it opens lasts 12 hours, in this tab alone.",
      ),
    ),
  );
}
