// The beginning: lets the reader in, draws the frame, and shows the view that the address names.

import { closeDialogs } from "./dialog.js";
import { h, put } from "./dom.js";
import { keys } from "./keys.js";
import { place } from "./place.js";
import { enter, Refused, session } from "./session.js";
import { Shell } from "./shell.js";
import { Status } from "./status.js";
import { plain } from "./text.js";
import { refreshTimes } from "./times.js";
import { VIEWS } from "./views.js";
import { welcome } from "./welcome.js";

const ENDED = "The session has ended: one lasts 12 hours, and no longer than its runtime and the runtime's token.";

const main = document.getElementById("main");
const status = new Status();
const shell = new Shell(status);
let showing = new AbortController();
let isIn = false;

async function begin() {
  shell.draw();
  keys();
  setInterval(refreshTimes, 1000);
  session.addEventListener("ended", ({ detail }) => turnAway(detail ? ENDED : ""));
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address names the view
    main.focus();
  });
  addEventListener("hashchange", () => (/^#code=/.test(location.hash) ? letIn() : isIn && show(true)));
  await letIn();
}

/** Exchange a code, see whether the runtime answers, and show the page. */
async function letIn() {
  isIn = false;
  status.stop();
  showing.abort();
  try {
    await enter();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return turnAway(error.message);
  }
  shell.enter();
  put(main, h("h1", { class: "dim" }, "Waiting for the runtime…"));
  await status.start();
  if (!status.current) return; // nobody was let in, or the session ended before anybody answered
  isIn = true;
  show(false);
}

function turnAway(reason) {
  isIn = false;
  status.stop();
  showing.abort();
  closeDialogs();
  shell.leave();
  document.title = "OrgLoop";
  welcome(main, reason);
  main.focus({ preventScroll: true });
}

/** Show the view of the address; `moved` says that the reader came from another one. */
function show(moved) {
  const { path, rest, query } = place();
  const view = VIEWS.find((one) => one.path === path) ?? VIEWS[0];
  showing.abort();
  closeDialogs();
  showing = new AbortController();
  put(main);
  main.dataset.view = view.path || "overview";
  entitle(view.title);
  shell.mark(view.path);
  view.show({ root: main, query, rest, status, entitle, signal: showing.signal });
  if (moved) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
}

/** Name the window after what it shows, and of which projects: somebody may have several open. */
function entitle(name) {
  const projects = status.current.modules.map((one) => one.name).join(", ");
  document.title = [plain(name, 80), plain(projects, 80), "OrgLoop"].filter(Boolean).join(" · ");
}

begin();
