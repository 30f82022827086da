"""An agent calls the hook: whatever happens, it ends with 0, in silence, and nothing is lost."""

from __future__ import annotations

import json
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.process import RuntimeProcess
from support.waiting import until

STOP = {"session_id": "s1", "cwd": "/r", "hook_event_name": "Stop"}
PROJECT = (
    "sources: [{id: claude-code, connector: claude-code, config: {secret: sesame}},"
    " {id: mine, connector: coding-agent}]\n"
    "actors: [{id: keep, connector: command, config: {command: [cat]}}]\n"
    "routes: [{name: all, when: {source: claude-code}, then: {actor: keep}}]\n"
)
Call = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def hears(project: Path, runtime: RuntimeProcess) -> RuntimeProcess:
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write(PROJECT)
    return runtime


@pytest.fixture
def hook(home: Path) -> Call:
    """Call the hook as an agent does, and see to it that the agent is not disturbed."""

    def call(
        *arguments: str, said: bytes | dict[str, Any] = STOP, environ: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        ended = subprocess.run(
            [sys.executable, "-m", "orgloop", "hook", *arguments],
            input=said if isinstance(said, bytes) else json.dumps(said).encode(),
            env={"ORGLOOP_HOME": str(home), **(environ or {})},
            capture_output=True,
            check=False,
        )
        assert (ended.returncode, ended.stdout) == (0, b"")
        return ended

    return call


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port where connections are taken, and nothing is answered."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def spooled(home: Path) -> list[dict[str, Any]]:
    return [json.loads(file.read_text()) for file in sorted((home / "spool").glob("*.json"))]


def events(runtime: RuntimeProcess) -> list[dict[str, Any]]:
    """What came in, oldest first."""
    return [
        runtime.get(f"/api/events/{one['event_id']}") for one in runtime.get("/api/events")[::-1]
    ]


def test_a_runtime_that_runs_takes_it_at_once(
    hears: RuntimeProcess, hook: Call, home: Path
) -> None:
    hears.start()

    first = hook("claude-code")
    [one] = events(hears)
    cause = {"ORGLOOP_TRACE_ID": one["trace_id"], "ORGLOOP_EVENT_ID": one["event"]["id"]}
    hook("claude-code-stop", said={"session_id": "s2"}, environ=cause)
    hook("codex", "--source", "mine", json.dumps({"type": "agent-turn-complete", "thread-id": "t"}))
    hook("claude-code", said={**STOP, "last_assistant_message": "word " * 600_000})

    assert first.stderr == b""
    assert spooled(home) == []
    told = [event for event in events(hears) if event["event"]["source"] != "keep"]
    assert [event["event"]["provenance"]["session_id"] for event in told] == ["s1", "s2", "t", "s1"]
    assert [event["event"]["type"] for event in told] == ["actor.stopped"] * 4
    assert len(told[3]["event"]["payload"]["summary"]) == 3_000_000
    assert [cause["event_id"] for cause in told[1]["causes"]] == [one["event"]["id"]]


def test_what_is_said_while_nothing_runs_comes_in_when_something_does(
    hears: RuntimeProcess, hook: Call, home: Path
) -> None:
    for session in "abc":
        ended = hook("claude-code", said={**STOP, "session_id": session})
        assert b"waits in" in ended.stderr
    hook("gone")
    assert [one["source"] for one in spooled(home)] == ["claude-code"] * 3 + ["gone"]

    hears.start()
    until(lambda: len(spooled(home)) == 1, "the spool to be taken in")

    told = [one["event"] for one in events(hears) if one["event"]["source"] == "claude-code"]
    assert [event["provenance"]["session_id"] for event in told] == ["a", "b", "c"]
    assert [event["timestamp"] for event in told] == sorted(event["timestamp"] for event in told)
    assert [one["source"] for one in spooled(home)] == ["gone"]
    assert any("spool" in line and "gone" in line for line in hears.lines)


def test_what_a_runtime_does_not_take_waits(hears: RuntimeProcess, hook: Call, home: Path) -> None:
    hears.start()
    token = home / "control.token"
    right = token.read_text()

    token.write_text("0" * 64 + "\n")
    refused = hook("claude-code")
    token.write_text(right)
    unknown = hook("claude", "--source", "cla\x1b[31mude é")

    assert b"401" in refused.stderr
    assert b"404" in unknown.stderr
    assert b"\x1b" not in unknown.stderr
    assert [one["source"] for one in spooled(home)] == ["claude-code", "cla\x1b[31mude é"]
    assert events(hears) == []


def test_a_runtime_that_hangs_holds_up_no_agent_and_hears_of_it_once(
    hears: RuntimeProcess, hook: Call, home: Path
) -> None:
    hears.start()
    hears.send(signal.SIGSTOP)
    try:
        ended = hook("claude-code")
        assert len(spooled(home)) == 1
    finally:
        hears.send(signal.SIGCONT)

    assert b"in time" in ended.stderr or b"timed out" in ended.stderr
    # A runtime looks into the spool when it starts: that is sooner than ten seconds from now.
    hears.stop()
    hears.start()
    until(lambda: not spooled(home), "the spool to be taken in")
    assert len([one for one in events(hears) if one["event"]["source"] == "claude-code"]) == 1


def test_a_port_where_nobody_answers_or_nobody_is_costs_nothing(
    hook: Call, home: Path, silent_port: int
) -> None:
    home.mkdir()
    (home / "control.token").write_text("0" * 64)

    hook("claude-code", "--port", str(silent_port))
    hook("claude-code", "--port", "1")
    hook("claude-code", "--port", "one")

    assert len(spooled(home)) == 3


def test_an_agent_that_never_stops_talking_is_not_waited_for(home: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "orgloop", "hook", "claude-code", "--home", str(home)],
        env={},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(STOP).encode())
    process.stdin.flush()

    assert process.wait() == 0

    assert process.communicate()[0] == b""
    assert [one["body"]["session_id"] for one in spooled(home)] == ["s1"]


def test_a_person_who_interrupts_the_agent_does_not_interrupt_the_hook(home: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "orgloop", "hook", "claude-code", "--home", str(home)],
        env={},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while not ignores(process.pid, signal.SIGHUP):
        assert process.poll() is None
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        process.send_signal(number)

    said, _ = process.communicate(json.dumps(STOP).encode())

    assert (process.returncode, said) == (0, b"")
    assert len(spooled(home)) == 1


def ignores(pid: int, number: int) -> bool:
    """Whether a process ignores a signal, as the kernel knows."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("SigIgn:"):
            return bool(int(line.split()[1], 16) >> (number - 1) & 1)
    return False


@pytest.mark.parametrize("said", [b"", b"garbage\xff", b"[1]", b"{" * 100_000, b" " * 20_000_000])
def test_what_is_no_event_leaves_nothing(hook: Call, home: Path, said: bytes) -> None:
    assert b"nothing is handed over" in hook("claude-code", said=said).stderr
    assert not (home / "spool").exists()


def test_streams_that_are_closed_disturb_nothing(home: Path) -> None:
    for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        line = f"'{sys.executable}' -m orgloop hook claude-code --home '{home}' {closed}"
        ended = subprocess.run(
            ["/bin/sh", "-c", line],
            input=json.dumps(STOP).encode(),
            env={},
            capture_output=True,
            check=False,
        )
        assert (ended.returncode, ended.stdout) == (0, b"")

    assert len(spooled(home)) == 2


def test_a_home_that_takes_nothing_costs_the_event_and_not_the_agent(
    hook: Call, home: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    nowhere = hook("claude-code", "--home", str(tmp_path / "file" / "home"))
    full = subprocess.run(
        [sys.executable, "-B", "-m", "orgloop", "hook", "claude-code", "--home", str(home)],
        input=json.dumps(STOP).encode(),
        env={},
        capture_output=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
    )

    assert b"it is lost" in nowhere.stderr
    assert (full.returncode, full.stdout) == (0, b"")
    assert b"it is lost" in full.stderr
    assert list((home / "spool").iterdir()) == []
