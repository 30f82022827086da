"""The template minimal, run for real."""

from __future__ import annotations

import pytest_twisted


@pytest_twisted.ensureDeferred
async def test_what_is_posted_wakes_the_agent(template):
    run = template("minimal")
    assert run.load().problems == ()

    await run.start()
    await run.post("/webhook/door", b'{"task": "Water the plants"}')
    (delivery,) = await run.settled("wake-agent")

    assert delivery["state"] == "delivered"
    done = (run.project / "done.txt").read_text("utf-8")
    assert done == f"{delivery['event_id']}: Water the plants (# A task)\n"
