// Elements of the page. Whatever is put into them is text: nothing here reads HTML.

import { plain, shown } from "./text.js";

const SHARE = 20; // work may take a twentieth of the time
const LONGEST_MS = 3_000;
const REACHED = "a, button, input, summary"; // by the keyboard
const SVG = "http://www.w3.org/2000/svg";

/**
 * Return an element. `properties` are attributes; `on` holds listeners, `data` the dataset, `at` what
 * is set through the style object. Children are elements, or texts, which are shown safely.
 */
export function h(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** Return an element of a drawing; see `h`. */
export function s(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

function fill(element, { on = {}, data = {}, at = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    element.setAttribute(name, value === true ? "" : plain(value, 5000));
  }
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
  Object.assign(element.dataset, data);
  for (const [name, value] of Object.entries(at)) element.style.setProperty(name, value);
  add(element, children);
  return element;
}

/** Append children, lists of them included; null and false are nothing. */
function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    element.append(child instanceof Node ? child : shown(child));
  }
  return element;
}

/** Replace all that an element holds; the focus stays where it was. */
export function put(element, ...children) {
  const at = placeOfFocus(element);
  element.replaceChildren();
  add(element, children);
  focusOn(element, at);
  return element;
}

/** Let a new element stand where an old one stood: the focus where it was, and open what was open. */
export function takePlace(old, element) {
  const at = placeOfFocus(old);
  const open = [...old.querySelectorAll("details")].map((one) => one.open);
  old.replaceWith(element);
  element.querySelectorAll("details").forEach((one, number) => (one.open = open[number] ?? false));
  focusOn(element, at);
}

function placeOfFocus(element) {
  return [...element.querySelectorAll(REACHED)].indexOf(document.activeElement);
}

function focusOn(element, at) {
  if (at >= 0) element.querySelectorAll(REACHED)[at]?.focus({ preventScroll: true });
}

/** Return a button that cannot send a form. */
export function button(label, act, properties = {}) {
  return h("button", { type: "button", ...properties, on: { click: act } }, label);
}

/**
 * Return a function that calls another at most once in `pause` milliseconds, the last time included;
 * less often, within bounds, if it takes its time.
 */
export function calmly(act, pause, signal) {
  let due = null;
  let next = -Infinity;
  let isBusy = false;
  let isWanted = false;
  signal?.addEventListener("abort", () => clearTimeout(due));

  function ask() {
    isWanted = true;
    if (isBusy || due !== null || signal?.aborted) return;
    due = setTimeout(run, Math.max(0, next - performance.now()));
  }

  async function run() {
    const began = performance.now();
    due = null;
    isWanted = false;
    isBusy = true;
    try {
      await act();
    } finally {
      isBusy = false;
      next = began + Math.max(pause, Math.min((performance.now() - began) * SHARE, LONGEST_MS));
      if (isWanted) ask();
    }
  }

  return ask;
}
