// What a person may do with deliveries: each asks first, and says what came of it.

import { button } from "./dom.js";
import { confirmed, tell, tellRefused } from "./dialog.js";
import { ask } from "./session.js";
import { number } from "./text.js";

const DEAD = ["dead", "rejected"];
const HELD = ["held"];

export const ACTIONS = {
  retry: {
    verb: "Retry",
    done: ["goes out again", "go out again"],
    states: DEAD,
    about: "What is retried goes to the end of its line and is tried anew.",
  },
  release: {
    verb: "Release",
    done: ["goes on", "go on"],
    states: HELD,
    about: "What is released goes to its actor, with what the guard found in it.",
  },
  discard: {
    verb: "Discard",
    done: ["is discarded", "are discarded"],
    states: [...DEAD, ...HELD],
    isDangerous: true,
    about: "What is discarded never goes out. This cannot be undone; its event can be replayed.",
  },
};

/** Return the names of what may be done in a state. */
export function allowed(state) {
  return Object.keys(ACTIONS).filter((name) => ACTIONS[name].states.includes(state));
}

/** Return the buttons of one delivery; `after` is called when something was done. */
export function actionsFor(row, after) {
  return allowed(row.state).map((name) => {
    const { verb, isDangerous } = ACTIONS[name];
    return button(verb, () => act(name, [row], after), {
      class: isDangerous ? "small danger" : "small",
      "aria-label": `${verb} ${row.route} to ${row.actor}, ${row.id}`,
    });
  });
}

/** Ask, then do it with these deliveries, project by project. */
export async function act(name, rows, after) {
  const ids = grouped(rows);
  const title =
    rows.length === 1
      ? `${ACTIONS[name].verb} this delivery?`
      : `${ACTIONS[name].verb} ${number(rows.length)} deliveries?`;
  const what = rows.length === 1 ? `${rows[0].route} → ${rows[0].actor}. ` : "";
  if (!(await agreed(name, title, what))) return;
  await done(name, rows.length, after, async () => {
    let count = 0;
    for (const [project, members] of ids) {
      const body = { ids: members.map((one) => one.id), project };
      count += (await ask(`/api/deliveries/${name}`, { method: "POST", body })).data.count;
    }
    return count;
  });
}

/** Ask, naming how many there are, then do it with all that match, project by project. */
export async function actOnAll(name, criteria, projects, after) {
  let found;
  try {
    found = await onEach(name, projects, { ...criteria, dry_run: true });
  } catch (error) {
    return tellRefused(error);
  }
  if (!found) return tell("Nothing matches any more.", "warn");
  if (!(await agreed(name, `${ACTIONS[name].verb} all ${number(found)} that match?`, ""))) return;
  await done(name, found, after, () => onEach(name, projects, criteria));
}

async function onEach(name, projects, criteria) {
  let count = 0;
  for (const project of projects) {
    const body = { ...criteria, project };
    count += (await ask(`/api/deliveries/${name}`, { method: "POST", body })).data.count;
  }
  return count;
}

function agreed(name, title, what) {
  const { about, verb, isDangerous } = ACTIONS[name];
  return confirmed({ title, text: what + about, act: verb, isDangerous });
}

/** Do it and tell how many there were: somebody else may have been quicker. */
async function done(name, wanted, after, work) {
  try {
    const count = await work();
    const missed = wanted - count;
    const rest = missed > 0 ? ` ${number(missed)} had gone on meanwhile.` : "";
    if (count)
      tell(`${number(count)} ${count === 1 ? "delivery" : "deliveries"} ${ACTIONS[name].done[+(count > 1)]}.${rest}`);
    else tell("Nothing was done: somebody else has seen to it meanwhile.", "warn");
  } catch (error) {
    tellRefused(error);
  }
  after();
}

function grouped(rows) {
  const found = new Map();
  for (const row of rows) found.set(row.project, [...(found.get(row.project) ?? []), row]);
  return found;
}
