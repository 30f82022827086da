"""``orgloop logs`` at a runtime that lets nobody else watch: it says why, and waits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from orgloop.cli.control import Control
from orgloop.cli.entries.live import Ended, watch
from orgloop.cli.failing import CommandFailed


class Refusing(BaseHTTPRequestHandler):
    """Answers what the path's query names: a status and a code."""

    def do_GET(self) -> None:
        status, _, code = self.path.partition("source=")[2].partition("-")
        problem = {"code": code, "message": f"because of {code}", "hint": "wait"}
        self.send_response(int(status))
        self.end_headers()
        self.wfile.write(json.dumps({"error": problem}).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def control() -> Iterator[Control]:
    """A control API behind which nothing but refusals are."""
    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Control(1, server.server_port, "token")
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [("503-too_many_streams", "because of too_many_streams"), ("503-draining", "")],
)
def test_what_may_end_soon_is_waited_for(control: Control, answer: str, reason: str) -> None:
    with pytest.raises(Ended) as refused:
        next(watch(control, {"source": answer}))

    assert str(refused.value) == reason


def test_what_does_not_end_is_told(control: Control) -> None:
    with pytest.raises(CommandFailed, match="because of bad_query"):
        next(watch(control, {"source": "400-bad_query"}))
