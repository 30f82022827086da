"""Scripts change, pass and drop events, by their output and exit code."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_twisted
from attrs import evolve
from twisted.internet.defer import Deferred, gatherResults
from twisted.logger import LogEvent, globalLogPublisher

from orgloop.event import Event, Origin
from orgloop.plugin import PluginContext
from orgloop.reports import TransformContext
from orgloop.sdk.processes import CannotRun
from orgloop.transforms.script import Script, ScriptConfig, ScriptFailed

SEEN = TransformContext(
    source="gh", target="reviewer", event_type="resource.changed", route="my route", accepted_at=0
)
EVENT = Event(
    "evt_1",
    "2026-01-31T08:15:00Z",
    "gh",
    "resource.changed",
    {"platform": "github"},
    {"n": 1},
    Origin("run", "p"),
    "trc_1",
)


def script(context: PluginContext, body: str, *, timeout_ms: int = 30_000) -> Script:
    path = context.directory / "steps" / "step.sh"
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return Script(ScriptConfig(script=path, timeout_ms=timeout_ms), context)


@pytest_twisted.ensureDeferred
async def test_what_a_script_writes_is_the_event_now(context: PluginContext) -> None:
    step = script(context, """sed -e 's/"n":1/"n":2/' -e 's/evt_1/evt_2/'""")

    assert await step.apply(EVENT, SEEN) == evolve(EVENT, payload={"n": 2})


@pytest_twisted.ensureDeferred
async def test_a_script_knows_where_it_stands(context: PluginContext) -> None:
    step = script(
        context,
        """
        pwd >&2
        env | grep -e ORGLOOP_ -e ^SOURCE= -e ^TARGET= -e ^EVENT_TYPE= | sort > seen
        cat > event.json
        """,
    )

    assert await step.apply(EVENT, SEEN) is None

    directory = context.directory / "steps"
    assert (directory / "seen").read_text().splitlines() == [
        "EVENT_TYPE=resource.changed",
        "ORGLOOP_EVENT_ID=evt_1",
        "ORGLOOP_EVENT_TYPE=resource.changed",
        "ORGLOOP_ROUTE=my route",
        "ORGLOOP_SOURCE=gh",
        "ORGLOOP_TARGET=reviewer",
        "SOURCE=gh",
        "TARGET=reviewer",
    ]
    assert orjson.loads((directory / "event.json").read_bytes()) == EVENT.to_json()


@pytest.mark.parametrize("body", ["exit 0", "echo; echo '  '", "exit 1", "cat; exit 1", "exit 78"])
@pytest_twisted.ensureDeferred
async def test_a_script_that_says_nothing_or_no_drops_the_event(
    context: PluginContext, body: str
) -> None:
    assert await script(context, body).apply(EVENT, SEEN) is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("cat; exit 2", "exit code 2"),
        ("exit 127", "exit code 127"),
        ("kill -9 $$", "killed by SIGKILL"),
        ("echo hello", "not JSON"),
        ("echo '[]'", "not an event"),
        ("echo '{}'", "not an event"),
        ("""sed -e 's/resource.changed/other/'""", "not an event: type"),
        ("yes", "more than 10 MB"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_anything_else_is_an_error_that_says_what_happened(
    context: PluginContext, body: str, said: str
) -> None:
    with pytest.raises(ScriptFailed, match=said):
        await script(context, body).apply(EVENT, SEEN)


@pytest_twisted.ensureDeferred
async def test_a_large_event_may_go_unread(context: PluginContext) -> None:
    large = evolve(EVENT, payload={"text": "x" * 1_000_000})
    answer = """echo '{"id": "e", "timestamp": "2026-01-31T08:15:00Z", "source": "gh",
        "type": "resource.changed", "provenance": {"platform": "x"}}'"""

    changed = await script(context, answer).apply(large, SEEN)

    assert changed is not None
    assert (changed.id, changed.payload, changed.trace_id) == ("evt_1", None, "trc_1")


@pytest_twisted.ensureDeferred
async def test_a_script_that_takes_too_long_is_ended_with_its_children(
    context: PluginContext,
) -> None:
    step = script(context, "sleep 600 & echo $! > child; wait", timeout_ms=300)

    with pytest.raises(ScriptFailed, match="longer than 300 ms"):
        await step.apply(EVENT, SEEN)

    child = int((context.directory / "steps" / "child").read_text())
    assert is_gone(child)


@pytest_twisted.ensureDeferred
async def test_a_script_that_cannot_be_run_is_an_error(context: PluginContext) -> None:
    step = Script(ScriptConfig(script=Path("/nowhere/step.sh")), context)

    with pytest.raises(CannotRun):
        await step.apply(EVENT, SEEN)


@pytest_twisted.ensureDeferred
async def test_standard_error_goes_to_the_log_bounded_and_harmless(
    context: PluginContext,
) -> None:
    events: list[LogEvent] = []
    step = script(context, """yes x | head -c 100000 >&2; printf '\\033[31mred' >&2""")

    globalLogPublisher.addObserver(events.append)
    await step.apply(EVENT, SEEN)
    globalLogPublisher.removeObserver(events.append)

    (said,) = [event["said"] for event in events if "said" in event]
    assert said.endswith(r"\x1b[31mred")
    assert len(said) < 20_000


@pytest_twisted.ensureDeferred
async def test_at_most_eight_scripts_of_a_runtime_run_at_a_time(context: PluginContext) -> None:
    # Each leaves a mark while it runs, waits until eight are there or it is the ninth's turn, and
    # notes how many marks it saw.
    step = script(
        context,
        """
        touch running.$$
        until [ -e go ] || [ $(ls running.* | wc -l) -ge 8 ]; do sleep 0.02; done
        ls running.* | wc -l >> counts; touch go
        sleep 0.1
        rm running.$$
        """,
        timeout_ms=20_000,
    )
    other = Script(ScriptConfig(script=context.directory / "steps" / "step.sh"), context)

    asked = [
        Deferred.fromCoroutine(each.apply(EVENT, SEEN)) for each in (step, other) for _ in range(6)
    ]
    await gatherResults(asked)

    counts = [int(line) for line in (context.directory / "steps" / "counts").read_text().split()]
    assert len(counts) == 12
    assert max(counts) == 8


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    state: Any = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] == "Z"
