// Log entries as they come. EventSource cannot send a key, so the stream is read by hand.

import { request, withQuery } from "./session.js";

const SILENCE_MS = 45_000; // three heartbeats of the runtime
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 20_000;

/**
 * Read the stream until `signal` aborts, through every end of a connection.
 *
 * `entries(list)` gets what came together, `lost(count)` what the runtime had no room for, and
 * `state(name, more, why)` how it stands: `open`, `waiting` for so many milliseconds and why if the
 * runtime has said so, or `refused` with what is wrong with the filters.
 */
export async function follow(filters, { entries, lost = () => {}, state = () => {} }, signal) {
  let pause = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    let why = "";
    try {
      await read(filters, { entries, lost, state }, signal, () => (pause = FIRST_PAUSE_MS));
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
  const silence = new AbortController();
  let due = null;
  const alive = () => {
    clearTimeout(due);
    due = setTimeout(() => silence.abort(), SILENCE_MS);
  };
  try {
    alive();
    const both = AbortSignal.any([signal, silence.signal]);
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
    } else found.push(JSON.parse(data));
  }
  if (found.length) told.entries(found);
  return rest;
}

/** Wait; return at once when the signal aborts. */
function sleep(milliseconds, signal) {
  return new Promise((resolve) => {
    const due = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => (clearTimeout(due), resolve()), { once: true });
  });
}
