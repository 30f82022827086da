// How often things happen, from counts that only grow: exact however much happens, and asked for seldom.

const MEMORY_MS = 8_000;

/** Rates by name, averaged over some seconds. */
export class Rates {
  #known = new Map();

  /** Take note of a total; return by how much it has grown since the last time. */
  take(name, total, now) {
    const known = this.#known.get(name);
    if (!known || now <= known.at || total < known.total) {
      this.#known.set(name, { total, at: now, value: 0 });
      return 0;
    }
    const passed = now - known.at;
    const weight = known.value ? Math.exp(-passed / MEMORY_MS) : 0;
    const grown = total - known.total;
    const value = known.value * weight + ((grown * 1000) / passed) * (1 - weight);
    this.#known.set(name, { total, at: now, value });
    return grown;
  }

  /** Return how often a second something happens. */
  of(name) {
    return this.#known.get(name)?.value ?? 0;
  }
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

  /** Take note of what has happened since `from`, as if evenly. */
  note(count, from, now) {
    this.#turn(now);
    const seconds = Math.min(60, Math.max(1, Math.round((now - from) / 1000)));
    for (let step = 0; step < seconds; step++) this.#buckets[(this.#second - step + 60) % 60] += count / seconds;
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
