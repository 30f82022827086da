// What became of an event over time: a bar for each delivery, with its attempts on it.

import { h } from "./dom.js";
import { kindOf, pill } from "./parts.js";
import { to } from "./place.js";
import { duration } from "./times.js";

const TICKS = [0, 0.25, 0.5, 0.75, 1];

/** Return the picture of a trace. */
export function waterfall(trace) {
  const begin = Date.parse(trace.accepted_at);
  const isOpen = trace.deliveries.some((one) => !one.settled_at);
  const ends = trace.phases.map((one) => Date.parse(one.timestamp));
  const attempts = trace.deliveries.flatMap((one) => one.attempt_history.map((each) => Date.parse(each.ended_at)));
  const last = Math.max(begin + 1, ...ends, ...attempts, isOpen ? Date.now() : 0);
  const share = (moment) => Math.min(1, Math.max(0, (moment - begin) / (last - begin)));
  return h(
    "div",
    { class: "waterfall", role: "group", "aria-label": "Course of time" },
    h(
      "div",
      { class: "axis", "aria-hidden": "true" },
      TICKS.map((tick) => tickAt(tick, last - begin)),
    ),
    line(h("span", {}, "accepted"), pill(trace.source, "plain"), [point(0)]),
    trace.deliveries.map((one) => delivery(one, share, last)),
  );
}

function tickAt(tick, span) {
  return h(
    "span",
    { class: tick === 1 ? "end" : "", at: { left: `${tick * 100}%` } },
    tick ? duration(span * tick) : "0",
  );
}

function line(name, label, marks) {
  return h("div", { class: "line" }, h("div", { class: "who" }, name, label), h("div", { class: "track" }, marks));
}

function delivery(row, share, last) {
  const from = share(Date.parse(row.created_at));
  const until = share(row.settled_at ? Date.parse(row.settled_at) : last);
  const whole = bar(
    from,
    until,
    `span is-${kindOf(row.state)}`,
    `${row.state} after ${duration(Date.parse(row.settled_at ?? new Date(last)) - Date.parse(row.created_at))}`,
  );
  const attempts = row.attempt_history.map((one) =>
    bar(
      share(Date.parse(one.started_at)),
      share(Date.parse(one.ended_at)),
      `attempt is-${kindOf(one.outcome)}`,
      `attempt ${one.attempt}: ${one.outcome}, ${duration(one.duration_ms)}`,
    ),
  );
  const who = h("a", { href: `${to(location.hash.slice(2).split("?")[0])}` }, `${row.route} → ${row.actor}`);
  who.addEventListener("click", (event) => {
    event.preventDefault();
    const card = document.getElementById(row.id);
    card?.scrollIntoView({ block: "start" });
    card?.querySelector("h3")?.focus({ preventScroll: true });
  });
  return line(who, pill(row.state), [whole, attempts]);
}

function bar(from, until, kind, title) {
  return h("span", {
    class: `mark ${kind}`,
    title,
    role: "img",
    "aria-label": title,
    at: { left: `${from * 100}%`, width: `${(until - from) * 100}%` },
  });
}

function point(at) {
  return h("span", { class: "mark point", at: { left: `${at * 100}%` } });
}
