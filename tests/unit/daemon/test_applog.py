"""The application log: its lines as JSON, as text and for the journal, and its levels."""

from __future__ import annotations

import json
from typing import Any

import pytest
from twisted.logger import LogLevel
from twisted.python.failure import Failure

from orgloop.daemon.log.applog import at_least
from orgloop.daemon.log.logforms import as_json, as_text, for_journal, in_utc, without_time
from orgloop.daemon.log.logrecord import LogRecord


def event(text: str = "hello", **fields: Any) -> dict[str, Any]:
    return {
        "log_time": 1_700_000_000.25,
        "log_level": LogLevel.info,
        "log_namespace": "orgloop.flow",
        "log_format": text,
        **fields,
    }


def line(**fields: Any) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(as_json(LogRecord.of(event(**fields))))
    return written


def record(text: str, **fields: Any) -> LogRecord:
    return LogRecord(
        **{"time": 1.0, "level": "info", "logger": "orgloop.flow", "message": text, **fields}
    )


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


def test_a_json_line_holds_nothing_that_commands_a_terminal() -> None:
    raw = as_json(record("\x1b[31m \x9b2J \x7f \u202e"))

    assert raw.decode().strip().isprintable()
    assert json.loads(raw)["message"] == "\x1b[31m \x9b2J \x7f \u202e"


def test_text_is_one_line_that_commands_nothing() -> None:
    written = as_text(lambda _: "12:00:00")(record("\x1b[31mred\nnext"))

    assert written == b"12:00:00 info  \\x1b[31mred\\nnext\n"


def test_text_indents_what_follows() -> None:
    written = as_text(lambda _: "12:00:00")(record("it failed", traceback="first\nsecond\x1b"))

    assert written == b"12:00:00 info  it failed\n    first\n    second\\x1b\n"


def test_each_line_for_the_journal_says_how_bad_it_is_and_no_time() -> None:
    form = for_journal(without_time)

    assert form(record("it failed", level="critical", traceback="first\nsecond")) == (
        b"<2>it failed\n<2>    first\n<2>    second\n"
    )
    assert [form(record("x", level=level))[:3] for level in ("error", "warn", "info", "debug")] == [
        b"<3>",
        b"<4>",
        b"<6>",
        b"<7>",
    ]


def test_a_count_is_told_in_words_and_as_a_number() -> None:
    repeated = record("refused", repeated=7)

    assert json.loads(as_json(repeated))["repeated"] == 7
    assert b"refused (repeated 7 times)" in as_text(in_utc)(repeated)


def test_what_is_too_long_loses_its_middle() -> None:
    written = LogRecord.of(event("{long}", long="a" * 100_000 + "b" * 100_000)).message

    assert len(written) < 70_000
    assert written.startswith("aaa")
    assert written.endswith("bbb")
    assert "136000 characters left out" in written


def test_an_answer_is_known_by_its_field() -> None:
    assert LogRecord.of(event("heard", answer=True)).is_answer
    assert not LogRecord.of(event("heard")).is_answer


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
