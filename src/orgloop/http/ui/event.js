// One event: what caused it, what it is, where it went, what came of it.

import { button, calmly, h, put, takePlace } from "./dom.js";
import { actionsFor } from "./actions.js";
import { routesOf, steps } from "./changes.js";
import { tell, tellRefused } from "./dialog.js";
import { tree } from "./json.js";
import { address, eventName, heading, id, pill } from "./parts.js";
import { to, toEvent } from "./place.js";
import { ask, withQuery } from "./session.js";
import { follow } from "./stream.js";
import { ago, clock, duration, moment } from "./times.js";
import { waterfall } from "./waterfall.js";

const CALM_MS = 700;

/** Show the view. */
export function event({ root, rest, query, entitle, signal }) {
  const [eventId] = rest;
  const top = h("div", {});
  const content = h("div", {});
  let course = h("div", {});
  let isDrawn = false;
  let shown = "";
  put(root, top, course, content);

  async function load() {
    try {
      const path = withQuery(`/api/events/${encodeURIComponent(eventId)}`, { project: query.project });
      const { data } = await ask(path, { signal, isExact: true });
      draw(data);
    } catch (error) {
      if (error.status === undefined || error.name === "AbortError") return tellRefused(error);
      if (!isDrawn)
        put(
          top,
          heading("Event"),
          h("p", { class: "empty" }, `${error.message}. `, h("a", { href: to("events") }, "All events")),
        );
    }
  }

  function draw(trace) {
    const mark = JSON.stringify({ ...trace, event: null });
    if (mark === shown) return;
    shown = mark;
    put(top, head(trace));
    entitle(nameOf(trace));
    const now = h(
      "div",
      {},
      section("Course", waterfall(trace)),
      family(trace),
      ways(trace, load),
      why(trace),
      phases(trace),
    );
    takePlace(course, now);
    course = now;
    if (isDrawn) return; // what was accepted stays the same; what the reader opened stays open
    isDrawn = true;
    put(content, ...body(trace));
  }

  const soon = calmly(load, CALM_MS, signal);
  load();
  // What happened while nothing was heard is asked for as well.
  follow({ event: eventId }, { entries: soon, state: (name) => name === "open" && soon() }, signal);
}

function section(title, ...content) {
  return h("section", { class: "part" }, h("h2", {}, title), content);
}

function nameOf(trace) {
  return `${trace.source} · ${eventName(trace)}`;
}

function head(trace) {
  return [
    heading(nameOf(trace), pill(trace.damaged ? "damaged" : trace.state, trace.damaged ? "bad" : undefined)),
    h(
      "dl",
      { class: "facts" },
      fact("Id", h("code", {}, trace.event_id)),
      fact("Accepted", [ago(trace.accepted_at), h("span", { class: "dim" }, ` ${moment(trace.accepted_at)}`)]),
      fact("Type", trace.type),
      fact("Project", trace.project),
      fact(
        "Trace",
        h("a", { href: to("events", { trace: trace.trace_id }) }, id(trace.trace_id)),
        trace.depth > 1 && ` depth ${trace.depth}`,
      ),
      fact("Took", duration(trace.processing_ms)),
    ),
  ];
}

function fact(name, ...value) {
  return h("div", {}, h("dt", {}, name), h("dd", {}, value));
}

/** Causes above, effects below, the event between them. */
function family(trace) {
  if (!trace.causes.length && !trace.effects.length) return null;
  const inner = h("li", {}, h("span", { class: "here" }, related(trace, false)), below(trace.effects));
  const nested = trace.causes.reduceRight((child, cause) => h("li", {}, related(cause), h("ul", {}, child)), inner);
  return section("Causes and effects", h("ul", { class: "family" }, nested));
}

function below(effects) {
  return (
    effects.length > 0 &&
    h(
      "ul",
      {},
      effects.map((one) => h("li", {}, related(one), below(one.effects ?? []))),
    )
  );
}

function related(one, isLink = true) {
  const said = [h("b", {}, one.source), " ", eventName(one)];
  return [
    isLink ? h("a", { href: toEvent(one.event_id, one.project) }, said) : said,
    h("span", { class: "dim" }, ` ${clock(one.accepted_at)}`),
  ];
}

function ways(trace, reload) {
  if (!trace.deliveries.length) {
    const none = {
      unmatched: "No route wanted it.",
      cut: "The loop guard stopped it: it is too deep in a chain of causes.",
    };
    return section("Deliveries", h("p", { class: "empty" }, none[trace.state] ?? "It has not been routed yet."));
  }
  return section(
    "Deliveries",
    trace.deliveries.map((row) => delivery(row, reload)),
  );
}

function delivery(row, reload) {
  return h(
    "article",
    { class: "delivery", id: row.id },
    h(
      "div",
      { class: "title" },
      h("h3", { tabindex: -1 }, `${row.route} → ${row.actor}`),
      pill(row.state),
      row.replay && pill("replay", "plain"),
      h("span", { class: "acts" }, actionsFor(row, reload)),
    ),
    row.error && h("p", { class: "detail" }, row.error),
    h(
      "dl",
      { class: "facts" },
      fact("Delivery", h("code", {}, row.id)),
      row.order_key !== null && fact("Order key", row.order_key),
      row.tracking_id && fact("Tracking id", row.tracking_id),
      row.due_at && !row.settled_at && fact("Due", ago(row.due_at)),
      row.session_key && fact("Session", row.session_key),
      row.prompt_file && fact("Prompt", row.prompt_file),
      row.into && fact("Merged into", id(row.into)),
      row.members.length > 0 && fact("Members", `${row.members.length}`),
    ),
    steps(row),
    attempts(row),
  );
}

function attempts(row) {
  if (!row.attempt_history.length) return null;
  return h(
    "ol",
    { class: "attempts" },
    row.attempt_history.map((one) =>
      h(
        "li",
        {},
        h("span", {}, `Attempt ${one.attempt} `),
        pill(one.outcome),
        h("span", { class: "dim" }, ` ${clock(one.started_at)}, ${duration(one.duration_ms)}`),
        one.error && h("p", { class: "detail" }, one.error),
      ),
    ),
  );
}

function why(trace) {
  const told = routesOf(trace);
  return told && section("Routes", told);
}

function phases(trace) {
  const lines = trace.phases.map((one) =>
    h(
      "li",
      {},
      h("span", { class: "dim" }, clock(one.timestamp)),
      h("b", {}, one.phase),
      h(
        "span",
        {},
        [one.route, one.transform, one.attempt && `attempt ${one.attempt}`, one.error ?? one.detail]
          .filter(Boolean)
          .join(" · "),
      ),
    ),
  );
  return h(
    "section",
    { class: "part" },
    h("details", {}, h("summary", {}, `Every phase (${lines.length})`), h("ol", { class: "phases" }, lines)),
  );
}

function body(trace) {
  if (!trace.event)
    return [section("Payload", h("p", { class: "empty" }, "Its record on disk is damaged: it cannot be shown."))];
  const { provenance, payload } = trace.event;
  return [
    section(
      "Where it came from",
      h(
        "dl",
        { class: "facts" },
        Object.entries(provenance)
          .filter(([, value]) => value !== null && typeof value !== "object")
          .map(([name, value]) => fact(name, typeof value === "string" ? address(value) : String(value))),
      ),
      rich(provenance),
    ),
    section(
      "Payload",
      copyButton(payload),
      payload === undefined ? h("p", { class: "empty" }, "It has none.") : tree(payload),
    ),
  ];
}

function rich(provenance) {
  const deep = Object.fromEntries(
    Object.entries(provenance).filter(([, value]) => value !== null && typeof value === "object"),
  );
  return Object.keys(deep).length > 0 && tree(deep, 1);
}

function copyButton(payload) {
  if (payload === undefined || !navigator.clipboard) return null;
  return button(
    "Copy as JSON",
    async () => {
      await navigator.clipboard.writeText(JSON.stringify(payload, null, 2));
      tell("Copied.");
    },
    { class: "beside-title" },
  );
}
