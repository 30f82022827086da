"""The application log: JSON lines in a file, text on a terminal."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from twisted.logger import LogLevel
from twisted.python.failure import Failure

from orgloop.daemon.applog import Terminal, as_line, at_least


def event(text: str = "hello", **fields: Any) -> dict[str, Any]:
    return {
        "log_time": 1_700_000_000.25,
        "log_level": LogLevel.info,
        "log_namespace": "orgloop.flow",
        "log_format": text,
        **fields,
    }


def line(**fields: Any) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(as_line(event(**fields)))
    return written


def test_a_line_says_when_how_bad_who_and_what() -> None:
    assert line(text="poll of {source} failed", source="github", log_level=LogLevel.warn) == {
        "timestamp": "2023-11-14T22:13:20.250Z",
        "level": "warn",
        "message": "poll of github failed",
        "logger": "orgloop.flow",
    }


def test_a_failure_carries_its_traceback() -> None:
    try:
        raise ValueError("why")
    except ValueError:
        written = line(text="it failed", log_level=LogLevel.critical, log_failure=Failure())

    assert written["level"] == "critical"
    assert "ValueError: why" in written["traceback"]


def test_text_that_is_no_unicode_is_escaped() -> None:
    assert line(text="{name}", name="lone \ud800")["message"] == "lone \\ud800"


def test_the_terminal_gets_one_line_that_commands_nothing() -> None:
    stream = io.StringIO()

    Terminal(stream, lambda _: "12:00:00")(event("{name}", name="\x1b[31mred\nnext"))

    assert stream.getvalue() == "12:00:00 info  \\x1b[31mred\\nnext\n"


@pytest.mark.parametrize(
    ("level", "seen"),
    [("debug", ["debug", "info", "warn"]), ("info", ["info", "warn"]), ("warn", ["warn"])],
)
def test_a_level_lets_through_what_is_as_bad_or_worse(level: Any, seen: list[str]) -> None:
    found: list[str] = []
    observer = at_least(level, lambda one: found.append(one["log_level"].name))

    for one in (LogLevel.debug, LogLevel.info, LogLevel.warn):
        observer(event(log_level=one))

    assert found == seen
