"""A real runtime that is watched while it works, is restarted, and stops."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from support.process import RuntimeProcess

PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: house}
sources:
  - {id: hook, connector: webhook}
actors:
  - {id: nobody, connector: command, config: {command: ["true"]}}
routes:
  - {name: all, when: {source: hook}, then: {actor: nobody}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    (directory / "orgloop.yaml").write_text(PROJECT, "utf-8")
    return directory


class Stream:
    """A stream that is read line by line."""

    def __init__(self, runtime: RuntimeProcess, key: str, query: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", runtime.port, timeout=60)
        self._connection.request(
            "GET", f"/api/stream{query}", headers={"Authorization": f"Bearer {key}"}
        )
        self._response = self._connection.getresponse()
        self.status = self._response.status

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield what is told until the stream ends."""
        for line in self._response:
            if line.startswith(b"data: "):
                yield json.loads(line[6:])

    def until(self, phase: str) -> list[dict[str, Any]]:
        """Return what is told up to an entry of a phase."""
        told = []
        for entry in self.entries():
            told.append(entry)
            if entry["phase"] == phase:
                return told
        raise AssertionError(f"ended without {phase}: {told}")

    def close(self) -> None:
        self._response.close()
        self._connection.close()


@contextlib.contextmanager
def streaming(runtime: RuntimeProcess, key: str = "", query: str = "") -> Iterator[Stream]:
    stream = Stream(runtime, key or runtime.token, query)
    try:
        yield stream
    finally:
        stream.close()


def session_of(runtime: RuntimeProcess) -> str:
    code = json.loads(runtime.request("POST", "/control/ui-code")[1])["code"]
    body = json.dumps({"code": code}).encode()
    token: str = json.loads(runtime.request("POST", "/ui/session", body)[1])["token"]
    return token


def test_an_event_is_seen_as_it_goes_its_way_and_a_stop_does_not_wait(
    runtime: RuntimeProcess,
) -> None:
    runtime.start()
    with (
        streaming(runtime, session_of(runtime)) as stream,
        streaming(runtime, query="?phase=deliver.success&actor=nobody") as narrow,
    ):
        status, body = runtime.request("POST", "/webhook/hook", b'{"n": 1}')
        event_id = json.loads(body)["event_id"]
        told = stream.until("deliver.success")

        assert status == 200
        way = [one["phase"] for one in told if one["event_id"] == event_id]
        assert {"source.emit", "route.match", "deliver.success"} <= set(way)
        assert [one["phase"] for one in narrow.until("deliver.success")] == ["deliver.success"]

        assert runtime.kill(signal.SIGTERM) == 0
        assert [one["phase"] for one in stream.entries()][-1:] == ["system.stop"]
        assert list(narrow.entries()) == []


def test_a_restart_refuses_nobody_and_ends_the_streams_of_the_old_runtime(
    runtime: RuntimeProcess, orgloop: Callable[..., CompletedProcess[str]]
) -> None:
    runtime.start()
    with streaming(runtime) as stream:
        restarted = orgloop("restart", ORGLOOP_PORT="0")
        assert restarted.returncode == 0, restarted.stderr
        assert list(stream.entries()) == []
    assert runtime.wait() == 0
    with streaming(runtime) as stream:
        runtime.request("POST", "/webhook/hook", b'{"n": 2}')
        stream.until("deliver.success")
    assert orgloop("stop").returncode == 0


def test_a_new_token_counts_at_once_and_ends_all_that_the_old_one_opened(
    runtime: RuntimeProcess, orgloop: Callable[..., CompletedProcess[str]]
) -> None:
    runtime.start()
    old, session = runtime.token, session_of(runtime)
    with streaming(runtime, old) as first, streaming(runtime, session) as second:
        rotated = orgloop("token", "rotate")

        assert rotated.returncode == 0, rotated.stderr
        assert list(first.entries()) == []
        assert list(second.entries()) == []
    assert runtime.token != old
    assert orgloop("token").stdout == f"{runtime.token}\n"
    for key in (old, session):
        with streaming(runtime, key) as refused:
            assert refused.status == 401
    assert runtime.get("/api/status")["running"] is True
    written = b"".join(file.read_bytes() for file in (runtime.home / "logs").glob("*"))
    assert not [key for key in (old, session, runtime.token) if key.encode() in written]
