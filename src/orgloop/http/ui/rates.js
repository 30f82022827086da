// How often things happen: an average that forgets within seconds, for as many names as there are.

const MEMORY_MS = 10_000;

/** Counts by name; what has not happened for a while is forgotten. */
export class Rates {
  #known = new Map();

  /** Note that something happened. */
  note(name, now) {
    const { value, at } = this.#known.get(name) ?? { value: 0, at: now };
    this.#known.set(name, { value: value * decay(now - at) + 1000 / MEMORY_MS, at: now });
  }

  /** Return how often a second something happens. */
  of(name, now) {
    const known = this.#known.get(name);
    return known ? known.value * decay(now - known.at) : 0;
  }

  /** Forget what has become rare. */
  tidy(now) {
    for (const [name, { at }] of this.#known) if (now - at > 12 * MEMORY_MS) this.#known.delete(name);
  }
}

function decay(milliseconds) {
  return Math.exp(-Math.max(0, milliseconds) / MEMORY_MS);
}

/** Return a rate in words; nothing for what hardly happens. */
export function rateText(perSecond) {
  if (perSecond >= 10) return `${Math.round(perSecond)}/s`;
  if (perSecond >= 1) return `${perSecond.toFixed(1)}/s`;
  const perMinute = Math.round(perSecond * 60);
  return perMinute ? `${perMinute}/min` : "";
}

/** The last minute, second by second. */
export class LastMinute {
  #buckets = new Array(60).fill(0);
  #second = 0;

  /** Count something that happens now. */
  note(count, now) {
    this.#turn(now);
    this.#buckets[this.#second % 60] += count;
  }

  /** Return the counts of the last sixty whole seconds, oldest first. */
  values(now) {
    this.#turn(now);
    return this.#buckets.map((_, at) => this.#buckets[(this.#second + 1 + at) % 60]);
  }

  #turn(now) {
    const second = Math.floor(now / 1000);
    const passed = Math.min(60, second - this.#second);
    for (let step = 1; step <= passed; step++) this.#buckets[(second - passed + step) % 60] = 0;
    this.#second = Math.max(second, this.#second);
  }
}
