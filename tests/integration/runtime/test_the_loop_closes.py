"""Lost sessions, bursts and inboxes in a real runtime that is killed on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.process import RuntimeProcess, SinkProcess, sink

PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {{name: loop}}
sources:
  - {{id: hook, connector: webhook}}
actors:
  - {{id: agent, connector: webhook, config: {{url: "http://127.0.0.1:{agent}/"}}}}
  - {{id: watcher, connector: webhook, config: {{url: "http://127.0.0.1:{watcher}/"}}}}
routes:
  - name: work
    when: {{source: hook, filter: {{payload.kind: work}}}}
    then: {{actor: agent, delivery: {{expect_stop: 2s}}}}
  - name: rescue
    when: {{source: agent, filter: {{payload.lifecycle.reason: lost}}}}
    then: {{actor: watcher}}
  - name: burst
    when: {{source: hook, filter: {{payload.kind: burst}}}}
    then: {{actor: agent, delivery: {{debounce: 5s}}}}
  - name: session
    when: {{source: hook, filter: {{payload.kind: chat}}}}
    then: {{actor: agent, config: {{inbox: true, session_key: "pr:{{{{payload.pr}}}}"}}}}
"""


@pytest.fixture
def agent() -> Iterator[SinkProcess]:
    with sink(keeps_bodies=True) as running:
        yield running


@pytest.fixture
def watcher() -> Iterator[SinkProcess]:
    with sink(keeps_bodies=True) as running:
        yield running


@pytest.fixture
def runtime(tmp_path: Path, agent: SinkProcess, watcher: SinkProcess) -> Iterator[RuntimeProcess]:
    directory = tmp_path / "project"
    directory.mkdir()
    text = PROJECT.format(agent=agent.port, watcher=watcher.port)
    (directory / "orgloop.yaml").write_text(text, encoding="utf-8")
    running = RuntimeProcess(directory, tmp_path / "home").start()
    yield running
    running.stop()


def post(runtime: RuntimeProcess, **payload: Any) -> str:
    status, body = runtime.request("POST", "/webhook/hook", json.dumps(payload).encode())
    assert status == 200, body
    return str(json.loads(body)["event_id"])


def killed(runtime: RuntimeProcess) -> RuntimeProcess:
    runtime.kill()
    return runtime.start()


def events_in(agent: SinkProcess) -> list[Any]:
    return [json.loads(body)["event"] for *_, body in agent.arrivals()]


def test_a_session_that_is_lost_while_nothing_runs_is_reported_once(
    runtime: RuntimeProcess, agent: SinkProcess, watcher: SinkProcess
) -> None:
    caused = post(runtime, kind="work")
    agent.wait_for(1)
    while runtime.get("/api/deliveries")[0]["state"] != "delivered":
        pass
    killed(runtime)
    watcher.wait_for(1)
    killed(runtime)
    [stopped] = runtime.get("/api/events?type=actor.stopped")
    told, *again = events_in(watcher)  # again if the runtime died before it had kept the answer
    assert {one["id"] for one in (told, *again)} == {stopped["event_id"]}
    assert told["payload"]["lifecycle"]["outcome"] == "unknown"
    chain = runtime.get(f"/api/events/{stopped['event_id']}")
    assert caused in json.dumps(chain)


def test_a_burst_that_a_crash_cuts_in_two_wakes_the_agent_once(
    runtime: RuntimeProcess, agent: SinkProcess
) -> None:
    for number in range(3):
        post(runtime, kind="burst", n=number)
    killed(runtime)
    for number in range(3, 5):
        post(runtime, kind="burst", n=number)
    agent.wait_for(1)
    while runtime.get("/api/status")["deliveries"].get("delivered") != 1:
        pass
    assert [event["payload"]["n"] for event in events_in(agent)] == [4]
    rows = runtime.get("/api/deliveries")
    assert sorted(row["state"] for row in rows) == ["delivered", *["merged"] * 4]
    [carrier] = {row["into"] for row in rows if row["state"] == "merged"}
    assert carrier in {row["id"] for row in rows}


def test_what_an_inbox_has_handed_out_outlives_a_crash(
    runtime: RuntimeProcess, agent: SinkProcess
) -> None:
    events = [post(runtime, kind="chat", pr=7) for _ in range(3)]
    agent.wait_for(1)
    [notified] = events_in(agent)
    assert notified["payload"]["kind"] == "inbox.notification"
    batch = runtime.get("/api/inbox/drain?session_key=pr:7&limit=2")
    assert [event["id"] for event in batch["events"]] == events[:2]
    killed(runtime)
    rest = runtime.get("/api/inbox/drain?session_key=pr:7")
    assert ([event["id"] for event in rest["events"]], rest["settled"]) == (events[2:], 2)
    done = runtime.get("/api/inbox/drain?session_key=pr:7")
    assert (done["events"], done["settled"], done["remaining"]) == ([], 1, 0)
    states = {row["event_id"]: row["state"] for row in runtime.get("/api/deliveries")}
    assert [states[event] for event in events] == ["delivered"] * 3
    assert len(agent.arrivals()) == 1
