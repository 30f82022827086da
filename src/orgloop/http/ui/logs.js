// Log entries as they come: the newest some hundred, drawn a few times a second however many there are.

import { button, h, put } from "./dom.js";
import { filterBar, heading, names, pauseSwitch } from "./parts.js";
import { toEvent } from "./place.js";
import { follow } from "./stream.js";
import { number } from "./text.js";
import { clock, duration } from "./times.js";

const KEPT = 300;
const DRAW_MS = 100;
const MOST_A_SECOND = 200; // nobody reads more
const MANY = 40; // at a time: then they are drawn less often
const MANY_DRAW_MS = 1_000;
const BAD = /error|dead|rejected|circuit_(open|broken)|degraded/;
const WARN = /failure|retry|held|flag|backpressure|detected/;
const QUIET = /start$|pass|queued|attempt|duplicate|no_match/;
const PHASES = [
  "source.emit",
  "source.duplicate",
  "source.error",
  "source.circuit_open",
  "source.circuit_close",
  "route.match",
  "route.no_match",
  "transform.pass",
  "transform.drop",
  "transform.error",
  "deliver.attempt",
  "deliver.success",
  "deliver.failure",
  "deliver.retry",
  "deliver.rejected",
  "deliver.dead",
  "deliver.held",
  "actor.degraded",
  "actor.recovered",
  "loop.detected",
  "loop.circuit_broken",
  "audit.record",
  "audit.flag",
];

/** Show the view. */
export function logs({ root, query, status, signal }) {
  const lines = h("ol", { class: "log", tabindex: 0, "aria-label": "Log entries, oldest first" });
  const note = h("p", { class: "note", role: "status" }, "Connecting…");
  const { current } = status;
  let waiting = [];
  let due = null;
  let last = 0;
  let reading = new AbortController();
  let total = 0;
  let silentSince = null;
  let missing = null;
  let state = "";

  const bar = filterBar({
    view: "logs",
    query,
    changed: () => read(),
    fields: [
      { name: "phase", label: "Phase", options: PHASES, isSearch: true },
      { name: "source", label: "Source", options: names([...current.sources, ...current.actors]) },
      { name: "route", label: "Route", options: names(current.routes, "name") },
      { name: "actor", label: "Actor", options: names(current.actors) },
      { name: "result", label: "Result" },
      { name: "event", label: "Event id" },
    ],
  });
  const pause = pauseSwitch(() => draw());
  put(
    root,
    heading(
      "Logs",
      button("Clear", () => (put(lines), (waiting = []), draw()), { class: "quiet" }),
      pause.node,
    ),
    bar.node,
    note,
    lines,
  );

  function read() {
    reading.abort();
    reading = new AbortController();
    put(lines);
    waiting = [];
    total = 0;
    silentSince = missing = null;
    follow(
      { ...bar.values(), limit: MOST_A_SECOND },
      { entries, lost, state: stands, isAlways: true },
      AbortSignal.any([signal, reading.signal]),
    );
  }

  function entries(list) {
    total += list.length;
    missing = null;
    keep(list.slice(-KEPT).map((text) => () => line(JSON.parse(text))));
  }

  /** Say in their place how many are missing; as long as nothing follows, one line says it. */
  function lost(count) {
    if (!missing) {
      const node = h("li", { class: "gap" });
      missing = { count: 0, node };
      keep([() => node]);
    }
    missing.count += count;
    missing.node.textContent = `… ${number(missing.count)} more were too many to be shown …`;
  }

  /** Say in its place that nothing was heard. */
  function gap(text) {
    missing = null;
    keep([() => h("li", { class: "gap" }, `… ${text} …`)]);
  }

  /** Keep what makes lines; it is called if they are still among the newest when they are drawn. */
  function keep(list) {
    waiting.push(...list);
    if (waiting.length > KEPT) waiting = waiting.slice(-KEPT);
    later();
  }

  function later() {
    if (due === null) due = setTimeout(() => requestAnimationFrame(draw), last > MANY ? MANY_DRAW_MS : DRAW_MS);
  }

  function draw() {
    clearTimeout(due);
    due = null;
    if (signal.aborted) return;
    pause.count(waiting.length);
    tellState();
    if (pause.isPaused || !waiting.length) return;
    const isAtEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 60;
    const excess = lines.childElementCount + waiting.length - KEPT;
    for (let count = 0; count < excess && lines.firstChild; count++) lines.firstChild.remove();
    lines.append(...waiting.map((made) => made()));
    last = waiting.length;
    waiting = [];
    if (isAtEnd) lines.scrollTop = lines.scrollHeight;
  }

  function stands(name, more, why) {
    if (name === "open") {
      if (silentSince !== null) gap(`${duration(Date.now() - silentSince)} without a connection`);
      silentSince = null;
      state = "";
    } else {
      silentSince ??= Date.now();
      state = name === "refused" ? more : `${why || "Connection lost"}: trying again in ${duration(more)}.`;
    }
    draw();
  }

  function tellState() {
    const said = state || (total ? "" : "Connected. What happens from now on appears here.");
    if (note.textContent !== said) note.textContent = said;
    note.hidden = !note.textContent;
  }

  read();
}

function line(entry) {
  const kind = BAD.test(entry.phase)
    ? "bad"
    : WARN.test(entry.phase)
      ? "warn"
      : QUIET.test(entry.phase)
        ? "dim"
        : "plain";
  const about = [
    entry.source && (entry.route ? null : entry.source),
    entry.route && (entry.target ? `${entry.route} → ${entry.target}` : entry.route),
    !entry.route && entry.target,
    entry.transform,
    entry.result,
    entry.attempt && `attempt ${entry.attempt}`,
    entry.duration_ms !== undefined && duration(entry.duration_ms),
  ].filter(Boolean);
  return h(
    "li",
    { class: `is-${kind}` },
    h("span", { class: "dim" }, clock(entry.timestamp)),
    h("b", {}, entry.phase),
    h("span", { class: "about" }, about.join(" · "), entry.error && h("em", {}, ` ${entry.error}`)),
    entry.event_id &&
      h(
        "a",
        { href: toEvent(entry.event_id, entry.project), "aria-label": `Event ${entry.event_id}` },
        entry.event_id.slice(0, 12),
      ),
  );
}
