// Sources: what they report, how they do, and a poll when a person wants one.

import { components } from "./components.js";
import { button, h } from "./dom.js";
import { tell, tellRefused } from "./dialog.js";
import { clamped, pill, projectOf } from "./parts.js";
import { to } from "./place.js";
import { ask } from "./session.js";
import { number } from "./text.js";
import { ago } from "./times.js";

/** Show the view. */
export function sources(page) {
  const { status } = page;
  components(page, {
    view: "sources",
    title: "Sources",
    empty: "No source is like that.",
    rows: (current) => current.sources,
    words: (row) => [row.id, row.connector, row.module, row.type, row.description],
    isTroubled: (row) => row.status !== "healthy",
    columns: [
      {
        name: "Source",
        class: "grow",
        cell: (row) => [
          h("a", { href: to("events", { source: row.id }) }, h("b", {}, row.id)),
          projectOf(row, status),
          row.description && clamped(row.description),
        ],
      },
      { name: "State", cell: (row) => pill(row.status) },
      {
        name: "Connector",
        cell: (row) => [row.connector, row.type !== row.connector && h("span", { class: "dim" }, ` ${row.type}`)],
      },
      { name: "Events in 24 h", class: "number", cell: (row) => number(row.events_24h) },
      { name: "Last event", class: "when", cell: (row) => ago(row.last_event, "none yet") },
      {
        name: "Last poll",
        class: "when",
        cell: (row) => [
          ago(row.last_poll),
          row.poll_interval && h("span", { class: "dim" }, ` each ${row.poll_interval}`),
        ],
      },
      { name: "Trouble", class: "grow", cell: (row) => trouble(row) },
      {
        name: "Actions",
        hidden: true,
        class: "acts",
        cell: (row) =>
          row.type !== "webhook" &&
          button("Poll now", (event) => poll(row, event.currentTarget, status), {
            class: "small",
            "aria-label": `Poll now: ${row.id}`,
          }),
      },
    ],
  });
}

/** What keeps it from working, or has done so before: one failed poll does not make a source unhealthy. */
function trouble(row) {
  if (row.reason || row.status !== "healthy") return clamped(row.reason ?? row.last_error);
  if (!row.error_count) return clamped(null);
  const count = row.error_count === 1 ? "1 error" : `${number(row.error_count)} errors`;
  return clamped(`${count} since the start${row.last_error ? `, the last: ${row.last_error}` : ""}`);
}

async function poll(row, pressed, status) {
  if (pressed.ariaDisabled) return;
  pressed.ariaDisabled = "true"; // one that is disabled would lose the focus
  try {
    const path = `/api/sources/${encodeURIComponent(row.id)}/poll`;
    const {
      ok,
      events_created: count,
      error,
    } = (await ask(path, { method: "POST", body: { project: row.module } })).data;
    if (ok) tell(`${row.id}: polled, ${count === 1 ? "1 new event" : `${number(count)} new events`}.`);
    else tell(`${row.id}: the poll failed. ${error ?? ""}`, "bad");
  } catch (error) {
    tellRefused(error);
  } finally {
    pressed.ariaDisabled = null;
  }
  status.now();
}
