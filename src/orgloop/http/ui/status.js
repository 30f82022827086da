// What the runtime says of itself, asked for again and again, and whether it can be reached at all.

import { ask, Refused } from "./session.js";

const PAUSE_MS = 2_000;
const SHARE = 30; // asking may take a thirtieth of the time: a large project is asked less often
const LONGEST_CALM_MS = 6_000;
const LONGEST_PAUSE_MS = 30_000;

/** The newest answer. Tells `change` when there is another, or when nobody answers any more. */
export class Status extends EventTarget {
  current = null;
  trouble = null;
  #due = null;
  #failures = 0;
  #isAsking = false;
  #isStopped = true;
  #turn = 0; // what was asked before the newest question is answered too late
  #begun = () => {};

  constructor() {
    super();
    document.addEventListener("visibilitychange", () => document.hidden || this.now());
  }

  /** Begin to ask; answers when the first answer is there, or when nobody is to ask any more. */
  async start() {
    this.#isStopped = false;
    this.current = this.trouble = null;
    const first = new Promise((resolve) => (this.#begun = resolve));
    await this.#ask();
    await first;
  }

  /** Ask no more. */
  stop() {
    this.#isStopped = true;
    this.#isAsking = false;
    this.#turn += 1;
    clearTimeout(this.#due);
    this.#begun();
  }

  /** Ask at once. */
  now() {
    if (this.#isStopped || this.#isAsking) return;
    clearTimeout(this.#due);
    this.#ask();
  }

  async #ask() {
    const turn = ++this.#turn;
    this.#isAsking = true;
    const began = performance.now();
    const answer = await ask("/api/status").catch((error) => error);
    if (turn !== this.#turn) return;
    this.#isAsking = false;
    this.#take(answer);
    this.#next(performance.now() - began);
    this.dispatchEvent(new Event("change"));
  }

  #take(answer) {
    if (answer instanceof Error) {
      if (!(answer instanceof Refused)) throw answer;
      this.trouble = answer;
      this.#failures += 1;
      return;
    }
    this.current = answer.data;
    this.trouble = null;
    this.#failures = 0;
    this.#begun();
  }

  #next(took) {
    const calm = document.hidden ? LONGEST_PAUSE_MS : Math.max(PAUSE_MS, Math.min(took * SHARE, LONGEST_CALM_MS));
    const pause = this.trouble ? 1000 * 2 ** Math.min(this.#failures - 1, 5) : calm;
    const bounded = Math.min(pause, LONGEST_PAUSE_MS);
    this.#due = setTimeout(() => this.#ask(), bounded);
  }
}

/** What is wrong, in one line each with how bad it is: what the banner says. */
export function troubles(status) {
  const { current, trouble } = status;
  if (trouble)
    return [["bad", trouble.status ? trouble.message : "The runtime cannot be reached. Trying again by itself."]];
  if (!current) return [];
  const found = [];
  if (current.phase === "starting") found.push(["warn", "The runtime is starting."]);
  if (current.phase === "draining") found.push(["warn", "The runtime is stopping: it finishes what is under way."]);
  if (current.health === "disk")
    found.push(["bad", "The disk refuses: nothing new is accepted until it can be written again."]);
  if (current.supervision === "unsupervised")
    found.push(["warn", "Its supervisor has died: nobody restarts the runtime after a crash."]);
  if (current.orphaned)
    found.push(["warn", `${current.orphaned} deliveries wait for a route or an actor that the project no longer has.`]);
  return found;
}
