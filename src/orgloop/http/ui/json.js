// JSON as a tree that is drawn as far as it is opened: depth and size cost nothing until somebody looks.

import { button, h } from "./dom.js";
import { size, webAddress } from "./text.js";

const PORTION = 100;
const FIRST_CHARACTERS = 400;
const NEXT_CHARACTERS = 20_000;
const OPEN_AT_MOST = 12;

/** Return a value as a tree; objects are open for the first `levels`. */
export function tree(value, levels = 2) {
  return h("div", { class: "json", tabindex: 0, role: "group", "aria-label": "JSON" }, node(null, value, levels));
}

function node(name, value, levels) {
  const isBranch = value !== null && typeof value === "object" && !isRaw(value);
  return isBranch ? branch(name, value, levels) : h("div", { class: "leaf" }, label(name), leaf(value));
}

/** Say whether a value is a number that stands here as it was written; see `ask`. */
function isRaw(value) {
  return JSON.isRawJSON?.(value) ?? false;
}

function label(name) {
  return name !== null && [h("span", { class: "key" }, String(name)), ": "];
}

function branch(name, value, levels) {
  const isList = Array.isArray(value);
  const keys = isList ? null : Object.keys(value);
  const count = isList ? value.length : keys.length;
  const said = isList ? `[${count}]` : `{${count}}`;
  if (!count) return h("div", { class: "leaf" }, label(name), h("span", { class: "dim" }, said));
  const content = h("div", { class: "branch" });
  const at = (from) => (isList ? [from, value[from]] : [keys[from], value[keys[from]]]);
  const details = h("details", {}, h("summary", {}, label(name), h("span", { class: "dim" }, said)), content);
  const draw = () => content.childElementCount || extend(content, at, count, 0, levels - 1);
  details.addEventListener("toggle", () => details.open && draw());
  if (levels > 0 && count <= OPEN_AT_MOST * 4) {
    draw();
    details.open = true;
  }
  return details;
}

/** Add the next portion of children, and a button for the one after it. */
function extend(content, at, count, from, levels) {
  const until = Math.min(count, from + PORTION);
  for (let number = from; number < until; number++) content.append(node(...at(number), levels));
  if (until === count) return;
  const more = button(`${Math.min(PORTION, count - until)} more of ${count}`, () => {
    more.remove();
    extend(content, at, count, until, levels);
  });
  content.append(more);
}

function leaf(value) {
  if (isRaw(value)) return h("span", { class: "constant" }, value.rawJSON);
  if (typeof value !== "string") return h("span", { class: value === null ? "dim" : "constant" }, String(value));
  const href = webAddress(value);
  if (href) return h("a", { class: "text", href, target: "_blank", rel: "noopener noreferrer" }, JSON.stringify(value));
  return value.length <= FIRST_CHARACTERS ? h("span", { class: "text" }, `"${value}"`) : longText(value);
}

/** Return the beginning of a long text, and a button that shows the next part of it. */
function longText(value) {
  const text = h("span", { class: "text" });
  let until = 0;
  const more = button("", () => show(NEXT_CHARACTERS));
  const show = (count) => {
    const part = value.slice(until, until + count);
    until += part.length;
    text.append(h("span", {}, ...pieces(part)));
    more.textContent = `show more (${size(value.length - until)} left)`;
    if (until >= value.length) more.remove();
  };
  const whole = h("span", { class: "long" }, text, " ", more);
  show(FIRST_CHARACTERS);
  return whole;
}

/** Cut a text into what the page shows whole. */
function pieces(text) {
  return text.match(/[\s\S]{1,1900}/g) ?? [];
}
