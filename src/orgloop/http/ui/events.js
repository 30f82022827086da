// The list of events, newest first, and new ones while one watches.

import { button, calmly, h, put } from "./dom.js";
import { filterBar, heading, id, kindName, names, pauseSwitch, pill, projectOf } from "./parts.js";
import { to, toEvent } from "./place.js";
import { ask, withQuery } from "./session.js";
import { follow } from "./stream.js";
import { table } from "./table.js";
import { ago, duration } from "./times.js";
import { tellRefused, tellUnasked } from "./dialog.js";

const PAGE = 100;
const MOST_KEPT = 2_000;
const CALM_MS = 1_000;
const MOST_A_SECOND = 20; // they say that there is something to ask for
const STATES =
  "matched waiting delivering held inbox delivered dropped rejected dead merged skipped discarded unmatched cut".split(
    " ",
  );
const UNDER_WAY = new Set(["matched", "delivering", "waiting"]);
const AGES = { "15 minutes": 15, "1 hour": 60, "1 day": 1440, "7 days": 10080 };

/** Show the view. */
export function events({ root, query, status, signal }) {
  const kept = new Map();
  let older = null;
  let fresh = 0;
  const note = h("p", { class: "note", role: "status", hidden: true });
  let asked = 0;
  const current = status.current;
  const bar = filterBar({
    view: "events",
    query,
    fixed: query.trace ? { trace: query.trace } : {},
    changed: () => load(),
    fields: [
      { name: "find", label: "Id, or words of the event", type: "search", isSearch: true },
      { name: "source", label: "Source", options: names([...current.sources, ...current.actors]) },
      { name: "route", label: "Route", options: names(current.routes, "name") },
      { name: "type", label: "Any type", choices: ["resource.changed", "actor.stopped", "message.received"] },
      { name: "state", label: "Any state", choices: STATES },
      { name: "age", label: "Any time", choices: Object.keys(AGES) },
    ],
  });
  const pause = pauseSwitch((isPaused) => isPaused || ((fresh = 0), load()));
  const list = table({
    label: "Events",
    columns: columns(status),
    key: keyOf,
    empty: "No event is like that.",
  });
  const more = h("div", { class: "more" });
  put(
    root,
    heading("Events", pause.node),
    bar.node,
    query.trace &&
      h("p", { class: "note" }, "One trace: ", id(query.trace), " ", h("a", { href: to("events") }, "Show all")),
    note,
    list.node,
    more,
  );

  /** Begin anew, with the filters as they are. */
  async function load() {
    kept.clear();
    const turn = ++asked;
    const found = wantedId(bar.values().find);
    if (found) return location.replace(toEvent(found)); // going back would lead here, and on again
    try {
      const { data, next } = await ask(path(bar.values()), { signal });
      if (turn !== asked) return;
      take(data);
      older = next;
      draw();
    } catch (error) {
      tellRefused(error);
    }
  }

  /** Fetch what is newest and keep what was there. */
  async function refresh() {
    if (pause.isPaused || document.hidden) return;
    const turn = asked;
    try {
      const { data, next } = await ask(path(bar.values()), { signal });
      if (turn !== asked || pause.isPaused) return;
      if (data.length === PAGE && !data.some(isKept)) {
        kept.clear(); // more came than one page holds: what is shown has no gap in it
        older = next;
      }
      take(data);
      draw();
    } catch (error) {
      tellUnasked(error);
    }
  }

  async function extend() {
    const turn = asked;
    try {
      const { data, next } = await ask(older, { signal });
      if (turn !== asked) return;
      take(data);
      older = next;
      draw();
    } catch (error) {
      tellRefused(error);
    }
  }

  function isKept(row) {
    return kept.has(keyOf(row));
  }

  function take(rows) {
    for (const row of rows) kept.set(keyOf(row), row);
    if (kept.size > MOST_KEPT) for (const [key] of sorted().slice(MOST_KEPT)) kept.delete(key);
  }

  function sorted() {
    return [...kept].sort(([, one], [, other]) => other.accepted_at.localeCompare(one.accepted_at));
  }

  function draw() {
    list.show(
      sorted().map(([, row]) => row),
      older ? "Nothing like that among the newest; older ones have not been looked at yet." : undefined,
    );
    put(more, older && button("Older events", extend));
  }

  const soon = calmly(refresh, CALM_MS, signal);
  function entries(told) {
    if (!pause.isPaused) return soon();
    const sources = bar.values().source?.split(",");
    pause.count((fresh += told.filter((text) => !sources || sources.includes(JSON.parse(text).source)).length));
  }

  /** Of those that were not told one by one, nobody knows which filters they pass. */
  function lost(count) {
    if (!pause.isPaused) return soon();
    if (!bar.values().source) pause.count((fresh += count));
  }

  /** Say so when new events do not come by themselves; whether anybody answers is for the banner. */
  function stands(name, more, why) {
    note.hidden = name === "open" || !why;
    put(note, !note.hidden && `New events do not show by themselves: ${why}.`);
    if (name === "open") soon();
  }

  load();
  status.addEventListener("change", () => isUnderWay([...kept.values()]) && soon(), { signal });
  follow({ phase: "source.emit", limit: MOST_A_SECOND }, { entries, lost, state: stands }, signal);
}

function keyOf(row) {
  return `${row.module}/${row.event_id}`;
}

function path({ age, ...filters }) {
  const from = age && AGES[age] && new Date(Date.now() - AGES[age] * 60_000).toISOString();
  return withQuery("/api/events", { ...filters, from, limit: PAGE });
}

/** Say whether what became of one of the newest is not known yet. */
function isUnderWay(rows) {
  return rows.some((row) => !row.states.length || row.states.some((state) => UNDER_WAY.has(state)));
}

function wantedId(text) {
  return /^evt_[a-zA-Z0-9]{32,}$/.test(text ?? "") ? text : null;
}

function columns(status) {
  return [
    { name: "When", class: "when", cell: (row) => ago(row.accepted_at) },
    {
      name: "Event",
      class: "grow",
      cell: (row) =>
        h(
          "a",
          { class: "cover", href: toEvent(row.event_id, row.module) },
          h("b", {}, row.source),
          " ",
          kindName(row),
          projectOf(row, status),
        ),
    },
    { name: "Type", class: "dim", cell: (row) => row.type },
    { name: "Routes", class: "grow", cell: (row) => ways(row) },
    { name: "State", cell: (row) => states(row) },
    { name: "Took", class: "number", cell: (row) => duration(row.processing_ms) },
    { name: "Id", class: "last", cell: (row) => id(row.event_id) },
  ];
}

function ways(row) {
  if (!row.matched_routes.length) return h("span", { class: "dim" }, "no route");
  return `${row.matched_routes.join(", ")} → ${row.actors.join(", ")}`;
}

function states(row) {
  if (row.damaged) return pill("damaged", "bad");
  if (!row.states.length) return pill("accepted", "plain");
  return row.states.map((state) => pill(state));
}
