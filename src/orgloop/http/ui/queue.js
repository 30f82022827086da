// Deliveries: what waits, what is held, what died, what is settled.

import { actionsFor } from "./actions.js";
import { button, calmly, h, put } from "./dom.js";
import { tellUnasked } from "./dialog.js";
import { clamped, filterBar, heading, id, names, pauseSwitch, pill, projectOf } from "./parts.js";
import { to, toEvent } from "./place.js";
import { ask, withQuery } from "./session.js";
import { Selection } from "./selection.js";
import { table } from "./table.js";
import { ago } from "./times.js";
import { number } from "./text.js";

const PAGE = 100;
const MOST = 1_000; // what the runtime gives at once
const CALM_MS = 1_500;
const TABS = {
  waiting: { title: "Waiting", states: ["matched", "waiting", "delivering", "inbox"] },
  held: { title: "Held", states: ["held"], many: ["release", "discard"] },
  dead: { title: "Dead letters", states: ["dead", "rejected"], many: ["retry", "discard"] },
  settled: { title: "Settled", states: ["delivered", "dropped", "skipped", "merged", "discarded", "rejected", "dead"] },
  inboxes: { title: "Inboxes", states: ["inbox"] },
};

/** Show the view. */
export function queue({ root, query, status, signal }) {
  const counts = status.current.deliveries;
  const name = query.tab in TABS ? query.tab : counts.dead || counts.rejected ? "dead" : "waiting";
  const tabs = h("nav", { class: "tabs", "aria-label": "Kinds of deliveries" });
  const drawTabs = () =>
    put(
      tabs,
      Object.entries(TABS).map(([key, tab]) => tabLink(key, tab, key === name, status.current.deliveries)),
    );
  status.addEventListener("change", drawTabs, { signal });
  drawTabs();
  const place = h("div", {});
  if (name === "inboxes") {
    put(root, heading("Queue"), tabs, place);
    return inboxes(place, status, signal);
  }
  new Books(name, { root, place, tabs, query, status, signal }).show();
}

function tabLink(key, { title, states }, isShown, counts) {
  const count = key === "settled" ? 0 : states.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  return h(
    "a",
    { href: to("queue", { tab: key }), "aria-current": isShown && "page" },
    title,
    count > 0 && h("span", { class: "count" }, number(count)),
  );
}

/** One kind of deliveries: its filters, its list, what may be done with it. */
class Books {
  #rows = new Map();
  #older = null;
  #turn = 0;
  #isExtending = false;

  constructor(name, page) {
    Object.assign(this, page, { name, tab: TABS[name] });
  }

  /** Draw the frame and fill it; keep it up to date. */
  show() {
    const { root, tabs, place, query, status, signal, tab, name } = this;
    this.bar = filterBar({
      view: "queue",
      query,
      fixed: { tab: name },
      changed: () => this.load(),
      fields: [
        { name: "reason", label: "Error says", type: "search", isSearch: true },
        { name: "route", label: "Route", options: names(status.current.routes, "name") },
        { name: "actor", label: "Actor", options: names(status.current.actors) },
        ...(tab.states.length > 1 ? [{ name: "state", label: "Any state", choices: tab.states }] : []),
      ],
    });
    this.pause = pauseSwitch((isPaused) => isPaused || this.refresh());
    this.selection =
      tab.many &&
      new Selection(tab.many, {
        criteria: () => this.criteria(),
        projects: () => status.current.modules.map((one) => one.name),
        changed: () => this.changed(),
      });
    this.list = table({ label: tab.title, columns: this.columns(), key: (row) => row.id, empty: EMPTY[name] });
    this.more = h("div", { class: "more" });
    put(
      root,
      heading("Queue", this.pause.node),
      tabs,
      this.bar.node,
      this.selection?.node,
      this.list.node,
      this.more,
      place,
    );
    status.addEventListener(
      "change",
      calmly(() => this.refresh(), CALM_MS, signal),
      { signal },
    );
    this.load();
  }

  columns() {
    const { tab, status } = this;
    const isSettled = this.name === "settled" || this.name === "dead";
    return [
      ...(tab.many ? [{ name: "Select", hidden: true, class: "check", cell: (row) => this.selection.box(row) }] : []),
      {
        name: isSettled ? "Settled" : "Came",
        class: "when",
        cell: (row) => ago(isSettled ? row.settled_at : row.created_at),
      },
      {
        name: "Delivery",
        class: "grow main",
        cell: (row) => [
          h("a", { href: toEvent(row.event_id, row.project) }, h("b", {}, row.route), " → ", row.actor),
          projectOf(row, status),
        ],
      },
      { name: "State", cell: (row) => [pill(row.state), row.replay && " ", row.replay && pill("replay", "plain")] },
      { name: "Attempts", class: "number", cell: (row) => number(row.attempts) },
      ...(isSettled ? [] : [{ name: "Due", class: "when", cell: (row) => ago(row.due_at) }]),
      { name: "Error", class: "grow", cell: (row) => clamped(row.error) },
      { name: "Id", class: "last", cell: (row) => id(row.id) },
      { name: "Actions", hidden: true, class: "acts", cell: (row) => actionsFor(row, () => this.changed()) },
    ];
  }

  /** What the filters say, as the runtime takes it for all that match. */
  criteria() {
    const { state, route, actor, reason } = this.bar.values();
    const given = { route, actor, reason };
    return {
      state: state ? [state] : this.tab.states,
      ...Object.fromEntries(Object.entries(given).filter(([, value]) => value)),
    };
  }

  path(limit = PAGE) {
    const { state, route, actor, reason } = this.bar.values();
    return withQuery("/api/deliveries", {
      state: state || this.tab.states.join(","),
      route,
      actor,
      reason,
      limit,
    });
  }

  /** Begin anew. */
  async load() {
    await this.fetch(this.path(), true);
  }

  /** Look again at what is shown, unless the reader wants it to stand still. */
  async refresh() {
    if (this.pause.isPaused || document.hidden || this.#isExtending) return;
    await this.fetch(this.path(Math.min(MOST, Math.max(PAGE, this.#rows.size))), true);
  }

  /** Add a page of what is older. */
  async extend() {
    this.#isExtending = true;
    await this.fetch(this.#older, false);
    this.#isExtending = false;
  }

  async changed() {
    this.selection?.clear();
    this.status.now();
    await this.load();
  }

  async fetch(path, isAll) {
    const turn = ++this.#turn;
    try {
      const { data, next } = await ask(path, { signal: this.signal });
      if (turn !== this.#turn) return;
      if (isAll) this.#rows.clear();
      for (const row of data) this.#rows.set(row.id, row);
      this.#older = next;
      this.draw();
    } catch (error) {
      tellUnasked(error);
    }
  }

  draw() {
    this.list.show([...this.#rows.values()]);
    this.selection?.show(this.#rows);
    put(this.more, this.#older && button("Older ones", () => this.extend()));
  }
}

const EMPTY = {
  waiting: "Nothing waits.",
  held: "No guard holds anything.",
  dead: "No dead letters.",
  settled: "Nothing has been settled yet.",
};

function inboxes(place, status, signal) {
  const list = table({
    label: "Inboxes",
    key: (row) => row.project + row.sessionKey,
    empty: "No inbox holds anything.",
    columns: [
      { name: "Session", class: "grow", cell: (row) => row.sessionKey },
      { name: "Route", cell: (row) => h("a", { href: to("events", { route: row.route }) }, row.route) },
      { name: "Actor", cell: (row) => row.actor },
      { name: "Pending", class: "number", cell: (row) => number(row.pending) },
      { name: "Handed out", class: "number", cell: (row) => number(row.leased) },
      { name: "Oldest", class: "when", cell: (row) => ago(row.oldest_event_at) },
    ],
  });
  put(place, list.node);

  async function load() {
    if (document.hidden) return;
    try {
      list.show((await ask("/api/inbox/list", { signal })).data.sessions);
    } catch (error) {
      tellUnasked(error);
    }
  }

  const soon = calmly(load, CALM_MS, signal);
  status.addEventListener("change", soon, { signal });
  soon();
}
