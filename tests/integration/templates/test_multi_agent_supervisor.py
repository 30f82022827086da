"""The template multi-agent-supervisor, run for real against a stand-in of OpenClaw."""

from __future__ import annotations

import json

import pytest_twisted

ENDS = {
    "claude-code": ("claude-code-ended", 0, "# A session has come to its end"),
    "codex": ("codex-broken", 2, "# A session failed or was broken off"),
    "opencode": ("opencode-broken", 130, "# A session failed or was broken off"),
}


@pytest_twisted.ensureDeferred
async def test_the_supervisor_hears_of_every_end_and_what_to_do(template, gateway):
    run = template(
        "multi-agent-supervisor",
        OPENCLAW_WEBHOOK_TOKEN=gateway.token,
        OPENCLAW_BASE_URL=gateway.url("").rstrip("/"),
    )
    assert run.load().problems == ()

    await run.start()
    for agent, (route, status, _) in ENDS.items():
        body = {"session_id": agent, "hook_type": "stop", "cwd": f"/work/{agent}"}
        await run.post(f"/webhook/{agent}", json.dumps({**body, "exit_status": status}).encode())
        await run.settled(route)

    told = {one.body["sessionKey"]: one.body["message"] for one in gateway.runs}
    assert len(gateway.runs) == len(ENDS)
    for agent, (route, _, heading) in ENDS.items():
        message = told[f"hook:supervise:/work/{agent}"]
        assert f"route: {route}" in message
        assert heading in message
