// How the runtime does at a glance: what flows, where it goes, and where it does not.

import { button, calmly, h, put, s } from "./dom.js";
import { FlowMap } from "./map.js";
import { heading } from "./parts.js";
import { replaceQuery, to } from "./place.js";
import { LastMinute, Rates, rateText } from "./rates.js";
import { number } from "./text.js";
import { duration } from "./times.js";
import { nameOf } from "./topology.js";

const FIRST = 14;

/** Show the view. */
export function overview({ root, query, status, signal }) {
  const map = new FlowMap();
  const rates = new Rates();
  const minute = new LastMinute();
  const flow = h("div", { class: "tile wide" });
  const tiles = h("div", { class: "tiles" });
  const about = h("p", { class: "tagline dim" });
  const more = h("div", { class: "more" });
  let most = FIRST;
  let counted = null;
  let before = 0;
  const search = h("input", {
    type: "search",
    placeholder: "Find a source, route or actor",
    "aria-label": "Find a source, route or actor",
    value: query.find ?? "",
    data: { search: "" },
    on: { input: () => (draw(), replaceQuery("", { find: search.value })) },
  });
  put(root, heading("Overview", search), about, tiles, map.node, more);
  put(tiles, flow);

  function draw() {
    const current = status.current;
    if (!current) return;
    put(about, aboutRuntime(current));
    const rest = totals(current);
    put(tiles, flow, rest);
    const choice = map.show(current, { text: search.value, most });
    const isEmpty = !choice.routes.length && !choice.sources.length && !choice.actors.length;
    map.node.hidden = isEmpty;
    put(
      more,
      choice.left > 0 &&
        button(
          `Show ${Math.min(choice.left, FIRST)} more of ${number(choice.left)} routes`,
          () => ((most = Math.min(most + FIRST, 56)), draw()),
        ),
      choice.left > 0 && h("a", { href: to("routes") }, "All routes"),
      choice.lonely > 0 && h("span", { class: "dim" }, `${number(choice.lonely)} more that no route uses`),
      isEmpty &&
        h(
          "p",
          { class: "empty" },
          search.value
            ? "Nothing has such a name."
            : "The project has no routes yet. orgloop add writes one; orgloop restart takes it up.",
        ),
    );
    if (current !== counted) count(current);
    counted = current;
    map.tell(rates);
  }

  /** Find out from the totals what has happened since they were last asked for. */
  function count(current) {
    const now = Date.now();
    let came = 0;
    for (const row of current.sources) {
      came += rates.take(`from:${nameOf("source", row.module, row.id)}`, row.event_count, now);
    }
    const asSources = new Map();
    for (const row of current.routes) {
      const key = nameOf("route", row.module, row.name);
      const source = `from:${nameOf("actor", row.module, row.when.source)}`;
      asSources.set(source, (asSources.get(source) ?? 0) + row.fire_count);
      if (rates.take(key, row.fire_count, now)) map.pulse(key);
    }
    for (const [key, total] of asSources) rates.take(key, total, now);
    for (const row of current.actors) rates.take(nameOf("actor", row.module, row.id), row.delivered + row.dead, now);
    rates.take(
      "all",
      current.sources.reduce((sum, row) => sum + row.event_count, 0),
      now,
    );
    minute.note(came, before || now, now);
    before = now;
    put(flow, h("b", {}, rateText(rates.of("all")) || "0/s"), h("span", {}, "events"), bars(minute.values(now)));
  }

  status.addEventListener("change", calmly(draw, 200, signal), { signal });
  draw();
}

function aboutRuntime(current) {
  const projects = current.modules.map((one) => one.name).join(", ");
  const { restarts, supervision } = current;
  return [
    projects,
    `up ${duration(current.uptime_ms)}`,
    `version ${current.version}`,
    supervision === "supervised" && "supervised",
    restarts > 0 && `restarted ${restarts}×`,
  ]
    .filter(Boolean)
    .join(" · ");
}

function totals(current) {
  const {
    waiting = 0,
    delivering = 0,
    matched = 0,
    held = 0,
    inbox = 0,
    delivered = 0,
    dead = 0,
    rejected = 0,
  } = current.deliveries;
  const failing = current.sources.filter((one) => one.status !== "healthy").length;
  const degraded = current.actors.filter((one) => one.status === "degraded").length;
  return [
    tile(
      number(waiting + matched),
      "waiting",
      to("queue"),
      delivering ? `${number(delivering)} in flight` : "none in flight",
    ),
    tile(
      number(held),
      "held",
      to("queue", { tab: "held" }),
      inbox ? `${number(inbox)} in inboxes` : "by a guard",
      held ? "warn" : "",
    ),
    tile(
      number(dead + rejected),
      "dead letters",
      to("queue", { tab: "dead" }),
      rejected ? `${number(rejected)} rejected` : "to retry or discard",
      dead + rejected ? "bad" : "",
    ),
    tile(number(delivered), "delivered", to("queue", { tab: "settled", state: "delivered" }), "as far as kept"),
    tile(
      `${degraded}/${current.actors.length}`,
      "actors degraded",
      to("actors"),
      `${failing} of ${number(current.sources.length)} sources failing`,
      degraded || failing ? "warn" : "",
    ),
  ];
}

function tile(count, label, href, note, kind) {
  return h(
    "a",
    { class: `tile${kind ? ` is-${kind}` : ""}`, href },
    h("b", {}, count),
    h("span", {}, label),
    h("small", {}, note),
  );
}

function bars(values) {
  const most = Math.max(...values, 1);
  const rects = values.map((value, at) => {
    const height = (value / most) * 26;
    return value && s("rect", { x: at * 3, y: 28 - height, width: 2, height });
  });
  return s("svg", { class: "bars", viewBox: "0 0 180 28", preserveAspectRatio: "none", "aria-hidden": "true" }, rects);
}
