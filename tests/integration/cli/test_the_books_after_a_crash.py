"""What happened last night can be asked after a crash, and asking costs nothing of it."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

from support.process import RuntimeProcess

Run = Callable[..., subprocess.CompletedProcess[str]]
PARTS = """\
sources: [{id: desk, connector: webhook}]
actors:
  - {id: agent, connector: command, config: {command: [cat]}}
  - {id: other, connector: command, config: {command: [cat]}}
transforms: [{name: tag, type: package, package: enrich, config: {set: {payload.team: a}}}]
routes:
  - {name: all, when: {source: desk}, transforms: [{ref: tag}], then: {actor: agent}}
  - {name: odd, when: {source: desk, filter: {payload.n: [1, 3]}}, then: {actor: other}}
"""


def happened(project: Path, runtime: RuntimeProcess, orgloop: Run, number: int) -> str:
    """Start a runtime, let an event through, and return its id once it is settled."""
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write(PARTS)
    running = runtime.start()
    payload = json.dumps({"n": number})
    done = orgloop("emit", "--source", "desk", "--type", "resource.changed", "--payload", payload)
    event = done.stdout.strip()
    while running.get(f"/api/events/{event}")["state"] != "settled":
        pass
    return event


def test_a_trace_is_the_same_after_a_crash_and_the_next_start_finds_all_there(
    project: Path, home: Path, runtime: RuntimeProcess, orgloop: Run
) -> None:
    event = happened(project, runtime, orgloop, 2)
    alive = orgloop("trace", event, "--json")
    runtime.kill(signal.SIGKILL)

    crashed = orgloop("trace", event[:20], "--json")
    shown = orgloop("trace", event)
    successor = RuntimeProcess(project, home).start()
    try:
        again = orgloop("trace", event, "--json")
    finally:
        successor.stop()

    assert crashed.returncode == 0, crashed.stderr
    assert "nothing is running" in crashed.stderr
    assert json.loads(crashed.stdout) == json.loads(alive.stdout) == json.loads(again.stdout)
    assert '+ payload.team: "a"' in shown.stdout
    assert "not matched  odd  payload.n: wanted 1 or 3, was 2" in shown.stdout


def test_the_lists_are_the_same_after_a_crash(
    project: Path, runtime: RuntimeProcess, orgloop: Run
) -> None:
    event = happened(project, runtime, orgloop, 3)
    [row, _] = json.loads(orgloop("audit", "--json", "--limit", "2").stdout)
    asked = [
        ["events", "--source", "desk"],
        ["queue"],
        ["dlq", "list", "--since", "1h"],
        ["dlq", "show", row["delivery_id"]],
        ["held", "list"],
        ["audit", "--limit", "1"],
        ["events", "--type", "nonsense"],
    ]
    alive = [orgloop(*words, "--json") for words in asked]
    runtime.kill(signal.SIGKILL)

    crashed = [orgloop(*words, "--json") for words in asked]
    changed = orgloop("dlq", "retry", row["delivery_id"])

    assert event in alive[0].stdout
    for one, other in zip(alive, crashed, strict=True):
        assert (one.stdout, one.returncode) == (other.stdout, other.returncode)
    assert changed.returncode == 3, "nothing is changed without a runtime"


def test_a_trace_tells_what_did_not_match_as_the_last_runtime_had_it(
    project: Path, runtime: RuntimeProcess, orgloop: Run
) -> None:
    event = happened(project, runtime, orgloop, 2)
    runtime.stop()
    (project / "orgloop.yaml").write_text("sources: []\n", encoding="utf-8")

    shown = orgloop("trace", event)
    unknown = orgloop("trace", "evt_00000000")

    assert shown.returncode == 0, shown.stderr
    assert "delivered  all → agent" in shown.stdout
    assert "not matched  odd  payload.n: wanted 1 or 3, was 2" in shown.stdout
    assert unknown.returncode == 1
    assert "no event 'evt_00000000' is held" in unknown.stderr


def test_files_that_have_lost_something_are_left_alone(
    project: Path, home: Path, runtime: RuntimeProcess, orgloop: Run
) -> None:
    event = happened(project, runtime, orgloop, 2)
    runtime.kill(signal.SIGKILL)
    [journal] = home.glob("data/wal/*-wal")
    journal.write_bytes(journal.read_bytes()[:4096])

    asked = [orgloop("trace", event), orgloop("logs", "--no-follow")]
    checked = orgloop("data", "check")

    assert [one.returncode for one in asked] == [1, 1]
    assert all("orgloop data check" in one.stderr for one in asked)
    assert checked.returncode == 1, "what was lost can still be told"
    assert "can be read" in checked.stdout


def test_files_of_another_version_are_left_alone(
    project: Path, home: Path, runtime: RuntimeProcess, orgloop: Run
) -> None:
    event = happened(project, runtime, orgloop, 2)
    runtime.stop()
    [log] = home.glob("data/wal/*.db")
    connection = sqlite3.connect(log)
    connection.execute("PRAGMA user_version = 1")
    connection.close()

    done = orgloop("trace", event)

    assert done.returncode == 1
    assert "another version" in done.stderr
