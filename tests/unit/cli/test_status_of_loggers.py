"""``orgloop status`` names a logger that is in trouble or has lost entries, and no other."""

from __future__ import annotations

import pytest

from orgloop.cli.status_shown import show_summary


def shown(capsys: pytest.CaptureFixture[str], *loggers: dict[str, object]) -> list[str]:
    show_summary({"loggers": list(loggers)}, "http://127.0.0.1:4800", None)
    return [line for line in capsys.readouterr().out.splitlines() if line.startswith("logger")]


def test_only_loggers_that_are_not_well_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(
        capsys,
        {"id": "books", "status": "ok", "reason": None, "lost": 0},
        {"id": "far", "status": "degraded", "reason": "it answered 503", "lost": 7},
        {"id": "central", "status": "ok", "reason": None, "lost": 12},
        {"id": "gone", "status": "off", "reason": "LOG_URL is not set", "lost": 0},
    )

    assert lines == [
        "logger far is degraded: it answered 503; it has lost entries: 7",
        "logger central has lost entries: 12",
        "logger gone is off: LOG_URL is not set",
    ]


def test_what_a_logger_says_cannot_command_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    [line] = shown(capsys, {"id": "far", "status": "degraded", "reason": "a\x1b[2Jb\nlogger c"})

    assert "\x1b" not in line
