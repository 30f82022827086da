// Moments and durations as people read them. Relative times keep themselves up to date.

import { h } from "./dom.js";

const STEPS = [
  [60, 1, "s"],
  [3600, 60, "min"],
  [86400, 3600, "h"],
  [Infinity, 86400, "d"],
];
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** Return an element that says how long ago, or in how long, something is; its title says when. */
export function ago(iso, missing = "–") {
  const at = Date.parse(iso ?? "");
  if (Number.isNaN(at)) return h("span", { class: "dim" }, missing);
  return h("time", { datetime: iso, title: absolute.format(at), data: { at } }, relative(at, Date.now()));
}

/** Return a moment in the reader's zone, with milliseconds. */
export function clock(iso) {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "–";
  const two = (value, width = 2) => String(value).padStart(width, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${two(at.getMilliseconds(), 3)}`;
}

/** Return a date and time in the reader's zone. */
export function moment(iso) {
  const at = Date.parse(iso ?? "");
  return Number.isNaN(at) ? "–" : absolute.format(at);
}

/** Return milliseconds as the two largest units that they have. */
export function duration(milliseconds) {
  if (milliseconds === null || milliseconds === undefined) return "–";
  if (milliseconds > 0 && milliseconds < 1) return "< 1 ms";
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return both(minutes, "min", Math.floor(seconds % 60), "s");
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? both(hours, "h", minutes % 60, "min") : both(Math.floor(hours / 24), "d", hours % 24, "h");
}

function both(many, unit, few, smaller) {
  return few ? `${many} ${unit} ${few} ${smaller}` : `${many} ${unit}`;
}

function relative(at, now) {
  const seconds = Math.round((now - at) / 1000);
  const far = Math.abs(seconds);
  if (far < 2) return "now";
  const [, divisor, unit] = STEPS.find(([below]) => far < below);
  const said = `${Math.floor(far / divisor)} ${unit}`;
  return seconds > 0 ? `${said} ago` : `in ${said}`;
}

/** Bring every relative time of the page up to date; call it once a second. */
export function refreshTimes() {
  const now = Date.now();
  for (const element of document.querySelectorAll("time[data-at]")) {
    const said = relative(Number(element.dataset.at), now);
    if (element.textContent !== said) element.textContent = said;
  }
}
