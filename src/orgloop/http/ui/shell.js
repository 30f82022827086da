// The frame around every view: navigation with what needs a look, the banner, theme and help.

import { button, h, put } from "./dom.js";
import { help } from "./help.js";
import { to } from "./place.js";
import { leave } from "./session.js";
import { troubles } from "./status.js";
import { number } from "./text.js";
import { VIEWS } from "./views.js";

const THEMES = { auto: "light", light: "dark", dark: "auto" };
const SIGNS = { auto: "◐", light: "☀", dark: "☾" };

/** What stays while views come and go. */
export class Shell {
  #status;
  #links = new Map();
  #nav = document.getElementById("nav");
  #tools = document.getElementById("tools");
  #banner = document.getElementById("banner");
  #said = "";

  constructor(status) {
    this.#status = status;
    status.addEventListener("change", () => this.#update());
  }

  /** Draw what everybody sees. */
  draw() {
    this.#nav.hidden = true;
    put(this.#tools, themeButton());
  }

  /** Draw what is for those who are in. */
  enter() {
    for (const view of VIEWS) {
      const count = h("span", { class: "count" });
      const link = h("a", { href: to(view.path) }, view.title, count);
      this.#links.set(view.path, { link, count });
    }
    put(this.#nav, ...[...this.#links.values()].map(({ link }) => link));
    this.#nav.hidden = false;
    put(
      this.#tools,
      h("span", { class: "health", id: "health" }),
      themeButton(),
      button("?", help, { class: "quiet", "aria-label": "Keys and help", title: "Keys and help (?)" }),
      button("Leave", () => leave().catch(() => {}), { class: "quiet", title: "End this session" }),
    );
    this.#update();
  }

  /** Take it away again. */
  leave() {
    this.#links.clear();
    put(this.#nav);
    put(this.#banner);
    this.#said = "";
    this.draw();
  }

  /** Mark the view that is shown. */
  mark(path) {
    for (const [one, { link }] of this.#links) {
      if (one !== path) {
        link.removeAttribute("aria-current");
        continue;
      }
      link.setAttribute("aria-current", "page");
      link.scrollIntoView({ block: "nearest", inline: "center" });
    }
  }

  #update() {
    if (!this.#links.size) return;
    const { current, trouble } = this.#status;
    this.#tell();
    const health = document.getElementById("health");
    const name = trouble ? "unreachable" : ((current?.phase === "ready" ? current.health : current?.phase) ?? "");
    health.className = `health is-${trouble || name === "disk" ? "bad" : name === "ok" ? "good" : "warn"}`;
    put(health, h("i", { class: "dot", "aria-hidden": "true" }), name);
    if (!current) return;
    const { dead = 0, rejected = 0, held = 0 } = current.deliveries;
    this.#count("queue", dead + rejected + held, "dead letters and held deliveries");
    this.#count("actors", current.actors.filter((one) => one.status === "degraded").length, "degraded");
    this.#count("sources", current.sources.filter((one) => one.status !== "healthy").length, "failing");
  }

  #count(path, count, what) {
    const mark = this.#links.get(path).count;
    const said = count ? number(count) : "";
    if (mark.firstChild?.textContent === said || (!said && !mark.firstChild)) return;
    put(mark, said, said && h("span", { class: "unseen" }, ` ${what}`));
    mark.title = said && `${said} ${what}`;
  }

  #tell() {
    const found = troubles(this.#status);
    const said = JSON.stringify(found);
    if (said === this.#said) return; // a screen reader is told of changes alone
    this.#said = said;
    put(
      this.#banner,
      found.map(([kind, text]) => h("p", { class: `trouble is-${kind}` }, text)),
      this.#status.trouble && button("Try now", () => this.#status.now()),
    );
  }
}

function themeButton() {
  const root = document.documentElement;
  const made = button(
    "",
    () => {
      root.dataset.theme = THEMES[root.dataset.theme] ?? "auto";
      try {
        localStorage.setItem("orgloop.theme", root.dataset.theme);
      } catch {
        // storage is switched off: it holds for this page
      }
      name();
    },
    { class: "quiet" },
  );
  const name = () => {
    const theme = root.dataset.theme;
    made.textContent = SIGNS[theme] ?? SIGNS.auto;
    made.title = `Colours: ${theme}`;
    made.setAttribute("aria-label", `Colours: ${theme}. Change`);
  };
  name();
  return made;
}
