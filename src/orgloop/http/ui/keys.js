// The keyboard: every key that is not the browser's own.

import { help } from "./help.js";
import { to } from "./place.js";
import { VIEWS } from "./views.js";

const ROWS = "[data-row]";
let awaitsView = false;

/** Listen from now on. */
export function keys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (isWriting(event.target) ? leave(event) : press(event)) event.preventDefault();
  });
}

function isWriting(element) {
  return element.matches?.("input:not([type=checkbox]), select, textarea, [contenteditable]");
}

/** Leave a field: for nothing, or from a search for what was found. */
function leave(event) {
  if (event.key === "Escape") event.target.blur(); // and the browser empties a search
  return event.key === "ArrowDown" && event.target.type === "search" && focusRow(0);
}

/** Do what a key is for; say whether it was for anything. */
function press(event) {
  if (awaitsView) {
    awaitsView = false;
    const view = VIEWS.find((one) => one.key === event.key);
    if (view) location.hash = to(view.path);
    return Boolean(view);
  }
  switch (event.key) {
    case "/":
      return focus(document.querySelector("[data-search]"));
    case "?":
      help();
      return true;
    case "g":
      awaitsView = true;
      setTimeout(() => (awaitsView = false), 1500);
      return true;
    case "p":
      document.querySelector("[data-pause]")?.click();
      return true;
    case "ArrowDown":
    case "j":
      return step(1, event);
    case "ArrowUp":
    case "k":
      return step(-1, event);
    default:
      return false;
  }
}

/** Go to the next row of a list; arrows move within one that has the focus, letters begin one. */
function step(by, event) {
  const rows = [...document.querySelectorAll(ROWS)];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  if (at < 0 && event.key.startsWith("Arrow")) return false;
  return focusRow(at < 0 ? 0 : at + by);
}

function focusRow(at) {
  return focus(document.querySelectorAll(ROWS)[at]?.querySelector("a, button"));
}

function focus(element) {
  element?.focus();
  element?.scrollIntoView({ block: "nearest" });
  return Boolean(element);
}
