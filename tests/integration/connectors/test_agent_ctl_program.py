"""A real program is asked for sessions: by the source, and by the gate."""

from __future__ import annotations

import os
from pathlib import Path

import orjson
import pytest
import pytest_twisted

from orgloop.connectors.agent_ctl import registration
from orgloop.connectors.agent_ctl.config import AgentCtlConfig
from orgloop.connectors.agent_ctl.source import AgentCtlSource
from orgloop.durations import Duration
from orgloop.errors import Dropped
from orgloop.event import Event
from orgloop.plugin import Kind, PluginContext
from orgloop.reports import TransformContext
from orgloop.sdk.processes import CannotRun
from orgloop.sdk.programs import ProgramFailed
from orgloop.testing.lending import lend
from orgloop.transforms.agent_gate import AgentGate, AgentGateConfig

EVENT = Event("evt_1", "2026-01-31T08:15:00Z", "gh", "resource.changed", {"platform": "github"})
SEEN = TransformContext(
    source="gh", target="a", event_type="resource.changed", route="r", accepted_at=0
)


@pytest.fixture
def context(tmp_path: Path) -> PluginContext:
    return lend(tmp_path, environ=dict(os.environ) | {"ORGLOOP_HOME": "/nowhere"})


def program(context: PluginContext, body: str) -> str:
    path = context.directory / "agent-ctl"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return "./agent-ctl"


def listing(*sessions: tuple[str, str]) -> str:
    entries = [{"id": name, "adapter": "codex", "status": status} for name, status in sessions]
    return f"cat <<'END'\n{orjson.dumps(entries).decode()}\nEND"


def source(
    context: PluginContext, body: str, timeout: Duration = Duration(10_000)
) -> AgentCtlSource:
    return AgentCtlSource(
        AgentCtlConfig(binary_path=program(context, body), timeout=timeout), context
    )


def gate(context: PluginContext, body: str, **options: object) -> AgentGate:
    config = AgentGateConfig(binary_path=program(context, body), **options)
    return AgentGate(config, context)


@pytest_twisted.ensureDeferred
async def test_sessions_are_listed_and_compared(context: PluginContext) -> None:
    first = await source(context, listing(("a", "running"), ("b", "idle"))).poll(None)
    second = await source(context, listing(("a", "idle"))).poll(first.checkpoint)

    told = [
        (one.provenance["session_id"], one.provenance["platform_event"])
        for one in [*first.events, *second.events]
    ]
    assert told == [
        ("a", "session.started"),
        ("b", "session.started"),
        ("a", "session.active"),
        ("b", "session.stopped"),
    ]


@pytest_twisted.ensureDeferred
async def test_the_program_is_asked_for_json_without_our_settings(context: PluginContext) -> None:
    asked = source(
        context, 'echo "$@" > asked; env | grep ORGLOOP >> asked; echo "{\\"sessions\\": []}"'
    )

    result = await asked.poll(None)

    assert result.events == []
    assert (context.directory / "asked").read_text() == "list --json\n"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("exit 3", "exit status 3"),
        ("kill -9 $$", "exit status 137"),
        ("echo Sessions:", "not JSON"),
        ("", "no list of sessions"),
        ("echo 7", "no list of sessions"),
        ("""echo '[{"id": "a", "status": "running"}, {"id": ""}]'""", "entry 2"),
        ("""echo '[{"id": "a"}]'""", "no status"),
        ("yes '[[[[[[[['", "more than 10 MB"),
        ("echo '[]'; exec sleep 60", "longer than 300ms"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_what_goes_wrong_fails_the_poll(context: PluginContext, body: str, why: str) -> None:
    slow = body.endswith("sleep 60")
    asked = source(context, body, Duration(300) if slow else Duration(10_000))

    with pytest.raises(ProgramFailed, match=why):
        await asked.poll(None)


@pytest_twisted.ensureDeferred
async def test_a_missing_program_fails_the_poll_and_is_found_by_doctor(
    context: PluginContext,
) -> None:
    config = AgentCtlConfig(binary_path="no-such-agent-ctl")

    with pytest.raises(CannotRun, match="put it on PATH"):
        await AgentCtlSource(config, context).poll(None)

    check = registration.local_check_of(Kind.SOURCE)
    assert check is not None
    (finding,) = check(config, context)
    assert (finding.status, finding.message) == (
        "degraded",
        "there is no program no-such-agent-ctl",
    )


@pytest_twisted.ensureDeferred
async def test_the_gate_is_closed_while_a_session_counts(context: PluginContext) -> None:
    sessions = listing(("a", "idle"), ("b", "running"))

    with pytest.raises(Dropped, match="is active"):
        await gate(context, sessions).apply(EVENT, SEEN)
    with pytest.raises(Dropped):
        await gate(context, sessions, active_statuses=("idle",)).apply(EVENT, SEEN)
    open_for_others = gate(context, sessions, adapter_filter=("claude-code",))
    assert await open_for_others.apply(EVENT, SEEN) is EVENT
    assert await gate(context, listing(("a", "idle"))).apply(EVENT, SEEN) is EVENT


@pytest_twisted.ensureDeferred
async def test_a_gate_that_cannot_ask_says_so(context: PluginContext) -> None:
    with pytest.raises(ProgramFailed):
        await gate(context, "exit 1").apply(EVENT, SEEN)
    with pytest.raises(CannotRun):
        await AgentGate(AgentGateConfig(binary_path="./missing"), context).apply(EVENT, SEEN)
