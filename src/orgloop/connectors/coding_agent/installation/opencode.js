// Written by orgloop hook install; orgloop hook uninstall removes it.
// Tells OrgLoop when sessions of OpenCode start, pause and fail.
import { spawn } from "node:child_process";

const call = ["orgloop", "hook", "opencode"];
const told = new Set(["session.created", "session.idle", "session.error", "session.deleted"]);

export const OrgLoop = async ({ directory }) => {
  const helpers = new Set(); // sessions that another session has started
  const failed = new Set(); // a turn that failed becomes idle too: that is said once

  const isNews = ({ type, properties }) => {
    const session = properties?.sessionID ?? properties?.info?.id;
    if (!told.has(type) || !session) return false;
    if (type === "session.created" && properties.info?.parentID) helpers.add(session);
    if (helpers.has(session)) return false;
    if (type === "session.error") failed.add(session);
    return !(type === "session.idle" && failed.delete(session));
  };

  return {
    event: async ({ event }) => {
      try {
        if (!isNews(event)) return;
        const { type, properties } = event;
        const said = { sessionID: properties.sessionID ?? properties.info.id };
        if (properties.error) said.error = { name: properties.error.name };
        const body = JSON.stringify({ type, properties: said, directory });
        // Detached, so that it outlives an OpenCode that ends with the turn.
        const child = spawn(call[0], [...call.slice(1), body], { detached: true, stdio: "ignore" });
        child.on("error", () => {});
        child.unref();
      } catch {
        // OpenCode goes on, whatever becomes of this.
      }
    },
  };
};
