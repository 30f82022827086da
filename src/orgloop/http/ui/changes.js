// What transforms did to an event, and why a route was or was not taken.

import { h } from "./dom.js";
import { pill } from "./parts.js";
import { number } from "./text.js";
import { duration } from "./times.js";

/** Return a value on one line, as JSON; what is not there says so. */
function written(value) {
  return JSON.stringify(value) ?? "nothing";
}

/** Return each transform's verdict, with its changes below it. */
export function steps(row) {
  if (!row.steps.length) return null;
  return h(
    "ol",
    { class: "steps" },
    row.steps.map((step, at) =>
      h(
        "li",
        {},
        h("b", {}, step.transform),
        " ",
        pill(step.verdict),
        h("span", { class: "dim" }, ` ${duration(step.duration_ms)}`),
        step.detail && h("p", { class: "detail" }, step.detail),
        diff(row.changes?.[at]),
      ),
    ),
  );
}

/** What was added has no `before`, what was removed no `after`; older records tell nothing. */
function diff({ changes = [], omitted = 0 } = {}) {
  if (!changes.length) return null;
  return h(
    "ul",
    { class: "diff", "aria-label": "Changes" },
    changes.map((one) =>
      h(
        "li",
        {},
        h("code", {}, one.path),
        "before" in one && h("del", {}, written(one.before)),
        "after" in one ? h("ins", {}, written(one.after)) : h("ins", { class: "dim" }, "removed"),
      ),
    ),
    omitted > 0 && h("li", { class: "dim" }, `and ${number(omitted)} more`),
  );
}

/** Return how the project's routes stand to an event, or nothing if the runtime does not tell. */
export function routesOf(trace) {
  const { routes: told = [], routes_omitted: omitted = 0 } = trace;
  if (!told.length && !omitted) return null;
  return h(
    "ul",
    { class: "reasons" },
    told.map((one) =>
      h(
        "li",
        { class: one.matched ? "is-good" : "dim" },
        h("span", { class: "sign", "aria-hidden": "true" }, one.matched ? "✓" : "✕"),
        h("b", {}, one.name),
        one.matched ? " matched" : because(one.reason),
      ),
    ),
    omitted > 0 && h("li", { class: "dim" }, `${number(omitted)} other routes are further from it.`),
  );
}

function because(reason) {
  if (!reason) return " not taken";
  return [
    " ",
    h("code", {}, reason.path),
    " wanted ",
    h("code", {}, written(reason.expected)),
    ", was ",
    h("code", {}, written(reason.actual)),
  ];
}
