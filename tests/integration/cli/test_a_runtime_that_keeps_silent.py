"""A command does not wait for a runtime for ever, and says that it has waited."""

from __future__ import annotations

import socket

import pytest

from orgloop.cli.control import Control, Unreachable


def test_a_runtime_that_takes_a_request_and_never_answers_is_told_as_such() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        control = Control(1, silent.getsockname()[1], "token", timeout_seconds=0.05)
        with pytest.raises(Unreachable, match=r"no answer within 0\.05 s"):
            control.get("/control/status")
