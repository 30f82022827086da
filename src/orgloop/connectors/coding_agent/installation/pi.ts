// Written by orgloop hook install; orgloop hook uninstall removes it.
// Tells OrgLoop when sessions of Pi start, pause and end.
const call = ["orgloop", "hook", "pi"];

export default function (pi) {
  const tell = async (event, ctx, more = {}) => {
    try {
      const sessions = ctx.sessionManager;
      const body = JSON.stringify({
        type: event.type,
        reason: event.reason,
        session_id: sessions.getSessionId(),
        cwd: ctx.cwd,
        transcript_path: sessions.getSessionFile(),
        ...more,
      });
      await pi.exec(call[0], [...call.slice(1), body], { timeout: 3000 });
    } catch {
      // Pi goes on, whatever becomes of this.
    }
  };

  pi.on("session_start", tell);
  pi.on("session_shutdown", tell);
  pi.on("agent_end", (event, ctx) => {
    const last = (event.messages ?? []).filter((one) => one.role === "assistant").pop();
    return tell(event, ctx, { stop_reason: last?.stopReason });
  });
}
