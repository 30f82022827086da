"""Sending events from a shell, and following them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.process import RuntimeProcess

Run = Callable[..., subprocess.CompletedProcess[str]]
EMIT = ("emit", "--source", "desk", "--type", "resource.changed")


@pytest.fixture
def running(project: Path, runtime: RuntimeProcess) -> Iterator[RuntimeProcess]:
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write(
            "sources: [{id: desk, connector: webhook}]\n"
            "actors: [{id: keep, connector: command, config: {command: [cat]}}]\n"
            "routes: [{name: all, when: {source: desk, events: [resource.changed]},"
            " then: {actor: keep}}]\n"
        )
    return runtime.start()


def test_an_emitted_event_is_listed_and_traced(running: RuntimeProcess, orgloop: Run) -> None:
    event = orgloop(*EMIT, "--payload", '{"n": 1}', "--platform-event", "a.b").stdout.strip()
    while running.get(f"/api/events/{event}")["state"] != "settled":
        pass

    listed = orgloop("events").stdout
    traced = orgloop("trace", event)
    whole = json.loads(orgloop("trace", event, "--json").stdout)

    assert event in listed
    assert traced.returncode == 0
    assert "delivered  " in traced.stdout
    assert "\neffects\n" in traced.stdout
    assert "actor.stopped" in traced.stdout
    assert whole["event"]["payload"] == {"n": 1}
    assert whole["event"]["provenance"]["platform_event"] == "a.b"


def test_an_event_continues_the_chain_of_the_command_it_is_sent_from(
    running: RuntimeProcess, orgloop: Run
) -> None:
    first = orgloop(*EMIT, "--json")
    cause = json.loads(first.stdout)["event_id"]
    trace = running.get(f"/api/events/{cause}")["trace_id"]

    second = orgloop(*EMIT, ORGLOOP_TRACE_ID=trace, ORGLOOP_EVENT_ID=cause).stdout.strip()

    shown = running.get(f"/api/events/{second}")
    assert shown["trace_id"] == trace
    assert [one["event_id"] for one in shown["causes"]] == [cause]


def test_an_event_may_come_from_a_file(
    running: RuntimeProcess, orgloop: Run, project: Path
) -> None:
    (project / "event.json").write_text('{"source": "desk", "type": "message.received"}', "utf-8")

    done = orgloop("emit", "event.json", "--payload", '{"text": "hi"}')

    event = running.get(f"/api/events/{done.stdout.strip()}")["event"]
    assert event["type"] == "message.received"
    assert event["payload"] == {"text": "hi"}


def test_what_the_runtime_refuses_is_said_with_what_to_do(
    running: RuntimeProcess, orgloop: Run
) -> None:
    done = orgloop("emit", "--source", "disk", "--type", "resource.changed")

    assert done.returncode == 1
    assert "disk" in done.stderr
    assert "desk" in done.stderr


@pytest.mark.parametrize("event", ["evt_0", "../status", "no \udcff UTF-8", "\x1b[2J"])
def test_an_event_that_is_not_there_is_a_failure(
    running: RuntimeProcess, orgloop: Run, event: str
) -> None:
    done = orgloop("trace", event)

    assert done.returncode == 1
    assert "is held" in done.stderr
    assert "orgloop events" in done.stderr
    assert "\x1b" not in done.stderr


def test_what_is_typed_need_not_be_text(running: RuntimeProcess, orgloop: Run) -> None:
    done = orgloop("events", "--source", "no \udcff UTF-8")

    assert done.returncode in (0, 1)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("text", ["[" * 100_000, "{", "[1]", "\x00", "\ufeff{}"])
def test_what_is_no_event_is_wrong_usage(orgloop: Run, project: Path, text: str) -> None:
    (project / "event.json").write_text(text, "utf-8")

    done = orgloop("emit", "event.json")

    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_what_an_event_says_cannot_act_on_the_terminal(
    running: RuntimeProcess, orgloop: Run
) -> None:
    event = orgloop(*EMIT, "--platform-event", "\x1b[2Jgone").stdout.strip()

    traced = orgloop("trace", event).stdout

    assert "\x1b" not in traced
    assert "\\x1b[2Jgone" in traced
