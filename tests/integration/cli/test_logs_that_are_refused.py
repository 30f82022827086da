"""``orgloop logs`` at a runtime that lets nobody else watch: it says why, and waits."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from orgloop.cli.control import Control
from orgloop.cli.entries.live import Ended, watch
from orgloop.cli.entries.telling import Telling
from orgloop.cli.entries.wanted import Wanted
from orgloop.cli.failing import CommandFailed
from orgloop.cli.invocation import Invocation
from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock, LockHolder
from support.filled import Past

ENTRY = {"timestamp": "2026-01-31T08:00:00.000Z", "phase": "actor.degraded", "target": "desk"}


class Answering(BaseHTTPRequestHandler):
    """A control API that answers requests for a stream one after the other as ``answers`` say."""

    answers: list[tuple[int, bytes]]

    def do_GET(self) -> None:
        status, body = 200, json.dumps({"pid": os.getpid()}).encode()
        if self.path.startswith("/api/stream"):
            status, body = self.answers.pop(0)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    handler = type("Handler", (Answering,), {"answers": []})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def answers(server: HTTPServer, *those: tuple[int, bytes]) -> None:
    handler: Any = server.RequestHandlerClass
    handler.answers += those


def refusal(status: int, code: str) -> tuple[int, bytes]:
    problem = {"code": code, "message": f"because of {code}", "hint": "wait"}
    return status, json.dumps({"error": problem}).encode()


@pytest.mark.parametrize(
    ("code", "reason"), [("too_many_streams", "because of too_many_streams"), ("draining", "")]
)
def test_what_may_end_soon_is_waited_for(server: HTTPServer, code: str, reason: str) -> None:
    answers(server, refusal(503, code))

    with pytest.raises(Ended) as refused:
        next(watch(Control(1, server.server_port, "token"), {}))

    assert str(refused.value) == reason


def test_what_does_not_end_is_told(server: HTTPServer) -> None:
    answers(server, refusal(400, "bad_query"))

    with pytest.raises(CommandFailed, match="because of bad_query"):
        next(watch(Control(1, server.server_port, "token"), {}))


def test_an_entry_in_the_middle_of_which_a_runtime_was_killed_is_the_end(
    server: HTTPServer,
) -> None:
    entry = json.dumps(ENTRY).encode()
    answers(server, (200, b':\n\nevent: entry\ndata: %b\n\n:\nevent: entry\ndata: {"ti' % entry))
    told = watch(Control(1, server.server_port, "token"), {})

    assert [next(told), next(told), next(told)] == [None, ENTRY, None]
    with pytest.raises(Ended):
        next(told)


def test_the_books_are_shown_meanwhile_and_then_what_happens(
    server: HTTPServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Home(tmp_path)
    Past(
        project="shop", source="door", route="all", actor="desk", count=1, state="delivered"
    ).write(home)
    home.port_file.write_text(f"{server.server_port}\n")
    stream = b":\n\nevent: entry\ndata: %b\n\n" % json.dumps(ENTRY).encode()
    full = refusal(503, "too_many_streams")
    answers(server, full, full, (200, stream), refusal(401, "unauthorized"))
    invocation = Invocation({})
    invocation.home_option, invocation.json = str(tmp_path), True
    lock = HomeLock.acquire(home, LockHolder(pid=os.getpid()))
    try:
        with pytest.raises(CommandFailed, match="unauthorized"):
            Telling(invocation, Wanted.of()).follow(None, 20)
    finally:
        lock.release()

    shown = capsys.readouterr()
    phases = [json.loads(line)["phase"] for line in shown.out.splitlines()]
    assert phases == [
        *("source.emit", "route.match", "deliver.attempt", "deliver.success"),
        "actor.degraded",
    ]
    assert shown.err.splitlines() == [
        "because of too_many_streams; waiting for one (Ctrl+C ends)",
        f"process {os.getpid()} answers now",
        "no runtime answers; waiting for one (Ctrl+C ends)",
    ]
