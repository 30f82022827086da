"""The runtime is killed at each boundary of the storage protocol, and nothing is lost or mixed up.

Before and after each commit of the event log and of the queue, and of a checkpoint: whatever was
accepted ends settled once per route, and repeated attempts carry the same key.
"""

from __future__ import annotations

import signal
import sys
from collections import Counter
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from support.process import HERE, RuntimeProcess

PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: dying}
sources:
  - {id: count, connector: ./count.py, poll: {interval: 50ms}}
actors:
  - {id: first, connector: ./note.py, config: {effects: true}}
  - {id: second, connector: ./note.py}
routes:
  - {name: one, when: {source: count}, then: {actor: first}}
  - {name: two, when: {source: count}, then: {actor: second, delivery: {order_by: all}}}
  - {name: three, when: {source: first}, then: {actor: second}}
"""
# Three events, in two polls.
COUNT = """\
from attrs import frozen
from orgloop.sdk import EventDraft, IPollingSource, PluginContext, PollResult, Registration
from zope.interface import implementer

@implementer(IPollingSource)
@frozen
class Count:
    config: object
    context: PluginContext

    async def start(self): pass
    async def stop(self): pass

    async def poll(self, checkpoint):
        after = int(checkpoint or 0)
        numbers = range(after + 1, min(after + 2, 3) + 1)
        drafts = [
            EventDraft("resource.changed", {"platform": "test"}, {"n": n}, key=str(n))
            for n in numbers
        ]
        return PollResult(drafts, str(after + len(drafts)))

registration = Registration(id="count", source=Count)
"""
NOTE = """\
import os
from attrs import frozen
from orgloop.sdk import DeliveryResult, EventDraft, IActor, PluginContext, Registration, option
from zope.interface import implementer

@frozen(kw_only=True)
class Options:
    effects: bool = option("Whether to say that it has stopped.", default=False)

@implementer(IActor)
@frozen
class Note:
    options: Options
    context: PluginContext

    async def start(self): pass
    async def stop(self): pass

    async def deliver(self, dispatch):
        line = f"{dispatch.id} {dispatch.event.id} {dispatch.route}\\n"
        file = os.open(os.environ["NOTES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, line.encode())
        os.close(file)
        stopped = EventDraft("actor.stopped", {"platform": "test"}, {"outcome": "done"})
        return DeliveryResult.delivered(*[stopped] * self.options.effects)

registration = Registration(id="note", actor=Note, config=Options)
"""
BOUNDARIES = 36  # about as many as there are: what is committed together differs
ROUTES = {"one": 3, "two": 3, "three": 3}


@pytest.fixture
def runtime(tmp_path: Path) -> Any:
    project = tmp_path / "org"
    project.mkdir()
    for name, text in (("orgloop.yaml", PROJECT), ("count.py", COUNT), ("note.py", NOTE)):
        (project / name).write_text(text)
    running = RuntimeProcess(project, tmp_path / "home", NOTES=str(tmp_path / "notes"))
    yield running
    running.stop()


def settled(runtime: RuntimeProcess) -> list[dict[str, Any]]:
    """Return all deliveries once there are as many as there should be, and none is open."""
    while True:
        found: list[dict[str, Any]] = runtime.get("/api/deliveries?limit=100")
        if len(found) >= sum(ROUTES.values()) and all(one["settled_at"] for one in found):
            return found


def run_until_killed(runtime: RuntimeProcess, number: int) -> None:
    """Let it run until it comes by the boundary, or until there is nothing left to do."""
    with suppress(AssertionError, OSError, HTTPException):
        runtime.start(sys.executable, str(HERE / "dying.py"), str(number))
        settled(runtime)
        runtime.send(signal.SIGKILL)
    assert runtime.wait() == -signal.SIGKILL, runtime.lines


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(number, marks=[] if number % 12 == 3 else [pytest.mark.slow])
        for number in range(BOUNDARIES)
    ],
)
def test_a_kill_at_a_boundary_loses_nothing_and_mixes_nothing_up(
    runtime: RuntimeProcess, tmp_path: Path, number: int
) -> None:
    run_until_killed(runtime, number)
    runtime.start()
    deliveries = settled(runtime)
    events = runtime.get("/api/events?limit=100")
    runtime.stop()
    assert Counter(one["route"] for one in deliveries) == ROUTES
    assert len({(one["event_id"], one["route"]) for one in deliveries}) == len(deliveries)
    assert {one["state"] for one in deliveries} == {"delivered"}
    assert len(events) == 6
    noted = [line.split() for line in (tmp_path / "notes").read_text().splitlines()]
    keys = {(event, route): key for key, event, route in noted}
    assert all(keys[event, route] == key for key, event, route in noted)
    assert {(one["event_id"], one["route"], one["id"]) for one in deliveries} == {
        (event, route, key) for (event, route), key in keys.items()
    }
