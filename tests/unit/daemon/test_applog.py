"""The application log: JSON lines in a file, text on a terminal."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from twisted.logger import LogLevel
from twisted.python.failure import Failure

from orgloop.daemon.applog import LogFile, Terminal, at_least


def event(text: str = "hello", **fields: Any) -> dict[str, Any]:
    return {
        "log_time": 1_700_000_000.25,
        "log_level": LogLevel.info,
        "log_namespace": "orgloop.flow",
        "log_format": text,
        **fields,
    }


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def log(tmp_path: Path) -> LogFile:
    return LogFile(tmp_path / "orgloop.log")


def test_what_comes_before_the_file_is_opened_waits_for_it(log: LogFile) -> None:
    log(event("first"))
    existed = log.path.exists()

    log.open()
    log(event("second"))

    assert not existed
    assert [line["message"] for line in lines(log.path)] == ["first", "second"]


def test_a_line_says_when_how_bad_who_and_what(log: LogFile) -> None:
    log.open()

    log(event("poll of {source} failed", source="github", log_level=LogLevel.warn))

    assert lines(log.path) == [
        {
            "timestamp": "2023-11-14T22:13:20.250Z",
            "level": "warn",
            "message": "poll of github failed",
            "logger": "orgloop.flow",
        }
    ]
    assert log.path.stat().st_mode & 0o777 == 0o600


def test_a_failure_carries_its_traceback(log: LogFile) -> None:
    log.open()
    try:
        raise ValueError("why")
    except ValueError:
        log(event("it failed", log_level=LogLevel.critical, log_failure=Failure()))

    assert lines(log.path)[0]["level"] == "error"
    assert "ValueError: why" in lines(log.path)[0]["traceback"]


def test_text_that_is_no_unicode_is_escaped(log: LogFile) -> None:
    log.open()

    log(event("{name}", name="lone \ud800"))

    assert lines(log.path)[0]["message"] == "lone \\ud800"


def test_a_file_moved_away_is_made_anew(log: LogFile) -> None:
    log.open()
    log(event("before"))
    os.rename(log.path, log.path.with_suffix(".1"))

    log(event("after"))

    assert [line["message"] for line in lines(log.path)] == ["after"]


def test_a_disk_that_refuses_costs_the_line_only(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "logs" / "orgloop.log")
    log.path.parent.mkdir()
    log.open()
    os.rename(log.path.parent, tmp_path / "gone")

    log(event("lost"))
    log.path.parent.mkdir()
    log(event("back"))

    assert [line["message"] for line in lines(log.path)] == ["back"]


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
