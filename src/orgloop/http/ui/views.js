// Every view, its place in the address, and its place in the navigation.

import { actors } from "./actors.js";
import { event } from "./event.js";
import { events } from "./events.js";
import { logs } from "./logs.js";
import { overview } from "./overview.js";
import { place } from "./place.js";
import { queue } from "./queue.js";
import { routes } from "./routes.js";
import { sources } from "./sources.js";

export const VIEWS = [
  { path: "", title: "Overview", key: "o", show: overview },
  { path: "events", title: "Events", key: "e", show: (page) => (place().rest[0] ? event(page) : events(page)) },
  { path: "queue", title: "Queue", key: "q", show: queue },
  { path: "sources", title: "Sources", key: "s", show: sources },
  { path: "routes", title: "Routes", key: "r", show: routes },
  { path: "actors", title: "Actors", key: "a", show: actors },
  { path: "logs", title: "Logs", key: "l", show: logs },
];
