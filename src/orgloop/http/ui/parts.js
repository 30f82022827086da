// Small pieces that several views show.

import { h } from "./dom.js";
import { replaceQuery } from "./place.js";
import { plain, webAddress } from "./text.js";

const KINDS = {
  good: ["delivered", "ok", "healthy", "closed", "settled", "pass", "success", "active"],
  bad: ["dead", "rejected", "unhealthy", "open_circuit", "error", "error_halt", "error_drop", "cut"],
  warn: [
    "held",
    "degraded",
    "half_open",
    "hold",
    "flag",
    "open",
    "delivering",
    "waiting",
    "matched",
    "inbox",
    "change",
  ],
};
const KIND_OF = new Map(Object.entries(KINDS).flatMap(([kind, names]) => names.map((name) => [name, kind])));

/** Return whether a state is good, bad, to be watched, or neither. */
export function kindOf(state) {
  return KIND_OF.get(state) ?? "plain";
}

/** Return a state as a small label; the word is there too, so that colour is not all there is. */
export function pill(state, kind = kindOf(state)) {
  return h("span", { class: `pill is-${kind}` }, String(state).replaceAll("_", " "));
}

/** Return an id that can be copied whole and is cut in the middle for the eye. */
export function id(text) {
  const short = text.length > 20 ? `${text.slice(0, 10)}…${text.slice(-6)}` : text;
  return h("code", { class: "id", title: text }, short);
}

/** Return what went wrong, cut to a few lines; a dash if nothing did. */
export function clamped(text, missing = "–") {
  return text ? h("div", { class: "clamp", title: text }, text) : h("span", { class: "dim" }, missing);
}

/** Return what kind of event it is: as its platform calls it, if that is known. */
export function eventName(row) {
  return row.platform_event && row.platform_event !== "unknown" ? row.platform_event : row.type;
}

/** Return a kind of event that says more than its type, if there is one. */
export function kindName(row) {
  return eventName(row) === row.type ? "" : eventName(row);
}

/** Return an address as a link if it is one of the web's, as text otherwise. */
export function address(text) {
  const href = webAddress(text);
  return href ? h("a", { href, target: "_blank", rel: "noopener noreferrer" }, text) : h("span", {}, text);
}

/** Return the head of a view. */
export function heading(title, ...beside) {
  return h("div", { class: "heading" }, h("h1", {}, title), h("div", { class: "beside" }, beside));
}

let lists = 0;

/** Return a field to filter by. `options` are offered; `choices` are all there is. */
function fieldOf({ name, label, options, choices, type = "text", isSearch }, value) {
  if (choices) {
    return h(
      "select",
      { name, "aria-label": label },
      h("option", { value: "" }, label),
      choices.map((one) => h("option", { value: one, selected: one === value }, one.replaceAll("_", " "))),
    );
  }
  const list = options ? `list-${++lists}` : null;
  const input = h("input", {
    name,
    type,
    list,
    value: value ?? "",
    placeholder: label,
    "aria-label": label,
    autocomplete: "off",
    spellcheck: "false",
    maxlength: 500,
    data: isSearch ? { search: "" } : {},
  });
  return [
    input,
    list &&
      h(
        "datalist",
        { id: list },
        options.slice(0, 1000).map((one) => h("option", { value: one })),
      ),
  ];
}

/** Return a row of fields; `changed(values)` is called when the reader has changed one. */
export function filterBar({ view, query, fields, fixed = {}, changed }) {
  const form = h("form", { class: "filters", role: "search", on: { submit: (event) => event.preventDefault() } });
  const values = () => {
    const given = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));
    return { ...fixed, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value)) };
  };
  let due = null;
  const tell = () => {
    clearTimeout(due);
    replaceQuery(view, values());
    changed(values());
  };
  form.append(
    ...fields
      .flatMap((field) => fieldOf(field, query[field.name]))
      .flat()
      .filter(Boolean),
  );
  form.addEventListener("change", tell);
  form.addEventListener("input", () => {
    clearTimeout(due);
    due = setTimeout(tell, 250);
  });
  return { node: form, values };
}

/** Return a switch that stops what is live. */
export function pauseSwitch(changed) {
  let isPaused = false;
  const made = h("button", {
    type: "button",
    class: "live",
    "aria-pressed": "true",
    data: { pause: "" },
    title: "Pause, or go on (p)",
  });
  const draw = (waiting = 0) => {
    made.setAttribute("aria-pressed", String(!isPaused));
    made.textContent = !isPaused ? "Live" : waiting ? `Paused · ${waiting} new` : "Paused";
  };
  made.addEventListener("click", () => {
    isPaused = !isPaused;
    draw();
    changed(isPaused);
  });
  draw();
  return {
    node: made,
    count: draw,
    get isPaused() {
      return isPaused;
    },
  };
}

/** Return the names of components without those that two projects share twice. */
export function names(rows, field = "id") {
  return [...new Set(rows.map((row) => row[field]))].sort();
}

/** Return the project's name where there is more than one. */
export function projectOf(row, status) {
  return (
    (status.current?.modules.length ?? 0) > 1 && h("span", { class: "dim" }, ` ${plain(row.module ?? row.project)}`)
  );
}
