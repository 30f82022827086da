// Log entries as they come. EventSource cannot send a key, so the stream is read by hand.

import { request, withQuery } from "./session.js";

const SILENCE_MS = 45_000; // three heartbeats of the runtime
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 20_000;
const UNSEEN_MS = 5_000;

/**
 * Read the stream until `signal` aborts, through every end of a connection.
 *
 * While nobody sees the page there is no stream, unless `isAlways`: a browser has six connections to a
 * runtime for all of its windows, and forgotten ones would hold them all.
 *
 * `entries(list)` gets what came together, each as its JSON: whoever shows few of many reads those
 * alone. `lost(count)` gets what the runtime had no room for, and
 * `state(name, more, why)` how it stands: `open`, `waiting` for so many milliseconds and why if the
 * runtime has said so, or `refused` with what is wrong with the filters.
 */
export async function follow(filters, { entries, lost = () => {}, state = () => {}, isAlways = false }, signal) {
  let pause = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    let why = "";
    if (!isAlways) await seen(signal);
    try {
      await read(filters, { entries, lost, state, isAlways }, signal, () => (pause = FIRST_PAUSE_MS));
    } catch (error) {
      if (signal.aborted || error.status === 401) return;
      if (error.status === 400) return state("refused", error.message);
      if (error.status) why = error.message;
    }
    if (signal.aborted) return;
    state("waiting", pause, why);
    await sleep(pause, signal);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

async function read(filters, told, signal, opened) {
  const end = new AbortController();
  let due = null;
  let unseen = null;
  const alive = () => {
    clearTimeout(due);
    due = setTimeout(() => end.abort(), SILENCE_MS);
  };
  const look = () => {
    clearTimeout(unseen);
    if (document.hidden && !told.isAlways) unseen = setTimeout(() => end.abort(), UNSEEN_MS);
  };
  try {
    alive();
    document.addEventListener("visibilitychange", look);
    const both = AbortSignal.any([signal, end.signal]);
    const answer = await request(withQuery("/api/stream", filters), { signal: both });
    told.state("open", 0);
    opened();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      alive();
      rest = take(rest + value, told);
    }
  } finally {
    clearTimeout(due);
    clearTimeout(unseen);
    document.removeEventListener("visibilitychange", look);
  }
}

/** Tell of every whole message of a text; return what is left of it. */
function take(text, told) {
  const messages = text.split("\n\n");
  const rest = messages.pop();
  const found = [];
  for (const message of messages) {
    const data = /^data: ?(.*)$/m.exec(message)?.[1];
    if (data === undefined) continue;
    if (message.startsWith("event: lost")) {
      if (found.length) told.entries(found.splice(0));
      told.lost(JSON.parse(data).count);
    } else found.push(data);
  }
  if (found.length) told.entries(found);
  return rest;
}

/** Wait until somebody sees the page; return at once when the signal aborts. */
function seen(signal) {
  if (!document.hidden || signal.aborted) return null;
  return new Promise((resolve) => {
    const done = new AbortController();
    const look = () => document.hidden || (done.abort(), resolve());
    document.addEventListener("visibilitychange", look, { signal: done.signal });
    signal.addEventListener("abort", () => (done.abort(), resolve()), { signal: done.signal });
  });
}

/** Wait; return at once when the signal aborts. */
function sleep(milliseconds, signal) {
  return new Promise((resolve) => {
    const due = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => (clearTimeout(due), resolve()), { once: true });
  });
}
