// The way in, and every question to the runtime. The key lives in sessionStorage and in one header.

const KEY = "orgloop.session";
const PATIENCE_MS = 30_000;
const PATIENCE_WITH_WORK_MS = 600_000; // a poll, or a hundred thousand deliveries

/** Told (as `ended`) that the runtime lets nobody in; `detail` says whether there was a session. */
export const session = new EventTarget();

/** What a question was refused with; `status` is 0 if nobody answered. */
export class Refused extends Error {
  constructor(status, { code = "unreachable", message = "the runtime cannot be reached", hint = "" } = {}) {
    super(message);
    Object.assign(this, { status, code, hint });
  }
}

/**
 * Exchange the code of the address, if there is one; clear it from the address before all else.
 *
 * A code that opens nothing is no matter to somebody who is in already.
 */
export async function enter() {
  const code = /^#code=([^&]*)/.exec(location.hash)?.[1];
  if (code === undefined) return;
  history.replaceState(null, "", location.pathname);
  try {
    const { data } = await ask("/ui/session", { method: "POST", body: { code } });
    sessionStorage.setItem(KEY, data.token);
  } catch (error) {
    if (sessionStorage.getItem(KEY) === null) throw error;
  }
}

/** End the session, here and in the runtime. */
export async function leave() {
  try {
    await ask("/ui/session", { method: "DELETE" });
  } finally {
    forget();
  }
}

function forget() {
  const detail = sessionStorage.getItem(KEY) !== null;
  sessionStorage.removeItem(KEY);
  session.dispatchEvent(new CustomEvent("ended", { detail }));
}

/** Fetch, with the session's key; raise `Refused` unless the answer is a good one. */
export async function request(path, { method = "GET", body, signal } = {}) {
  const token = sessionStorage.getItem(KEY);
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers,
      signal,
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
    });
  } catch (error) {
    throw unlessWanted(error, signal);
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  const isOld = sessionStorage.getItem(KEY) !== token; // another was given out meanwhile
  if (answer.status === 401 && path !== "/ui/session" && !isOld) forget();
  throw new Refused(answer.status, told.error);
}

/**
 * Ask for JSON; return it as `data`, with the path of the `next` page if there is one.
 *
 * Numbers that this language would round are kept as they are written if `isExact`.
 */
export async function ask(path, { signal, isExact = false, ...options } = {}) {
  const patience = options.method === "POST" ? PATIENCE_WITH_WORK_MS : PATIENCE_MS;
  const signals = [AbortSignal.timeout(patience), ...(signal ? [signal] : [])];
  const answer = await request(path, { ...options, signal: AbortSignal.any(signals) });
  const next = /<([^>]+)>;\s*rel="next"/.exec(answer.headers.get("Link") ?? "")?.[1] ?? null;
  try {
    return { data: isExact ? JSON.parse(await answer.text(), exactly) : await answer.json(), next };
  } catch (error) {
    throw unlessWanted(error, signal); // the runtime went away in the middle of its answer
  }
}

function exactly(name, value, { source } = {}) {
  const isRounded = typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER;
  return isRounded && source && JSON.rawJSON ? JSON.rawJSON(source) : value;
}

/** Return what to raise when no whole answer came: as nobody's answer, unless the page wanted none any more. */
function unlessWanted(error, signal) {
  return signal?.aborted && signal.reason?.name !== "TimeoutError" ? error : new Refused(0);
}

/** Return a path with a query of what is not empty. */
export function withQuery(path, values) {
  const query = new URLSearchParams(Object.entries(values).filter(([, value]) => value));
  return query.size ? `${path}?${query}` : path;
}
