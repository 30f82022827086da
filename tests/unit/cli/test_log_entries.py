"""Which log entries are shown, each of them once, and how they look."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

from orgloop.cli.entries.doubles import Doubles
from orgloop.cli.entries.line import Lines
from orgloop.cli.entries.wanted import Wanted
from orgloop.cli.failing import Exit
from orgloop.cli.invocation import Invocation
from orgloop.cli.look import columns_of
from orgloop.cli.main import orgloop


def entry(second: int = 0, **fields: Any) -> dict[str, Any]:
    at = f"2026-01-31T08:15:{second:02d}.250Z"
    return {"timestamp": at, "phase": "route.match", "event_id": "evt_1", "route": "r", **fields}


def test_what_is_asked_for_has_one_value_of_each_parameter() -> None:
    wanted = Wanted.of(actor="a, b", phase="route.match", source=None)

    assert wanted(entry(target="b"))
    assert not wanted(entry(target="c"))
    assert not wanted(entry())
    assert wanted.query() == {"actor": "a,b", "phase": "route.match"}
    assert Wanted.of(route=None)({})


def test_what_the_books_told_is_not_shown_again_when_it_comes_live() -> None:
    doubles = Doubles()
    doubles.new_in_books([entry(1), entry(1, event_id="evt_2")])

    assert not doubles.is_new(entry(3))
    assert doubles.is_new(entry(3))  # it happened twice
    assert doubles.is_new(entry(50, event_id="evt_2"))  # much later: another


def test_what_came_live_is_left_out_of_the_next_reading_of_the_books() -> None:
    doubles = Doubles()
    doubles.new_in_books([entry(1)])
    assert doubles.is_new(entry(20))

    again = doubles.new_in_books([entry(1), entry(20), entry(21)])

    assert again == [entry(21)]
    assert not doubles.is_new(entry(21))


def test_a_line_tells_the_day_once_and_is_harmless() -> None:
    lines = Lines(details=True)

    first = lines.text(entry(1, error="\x1b[2J\n", metadata={"reason": "\u202e"}))
    second = lines.text(entry(2, duration_ms=12.3456, transform="two words"))

    assert first.startswith("── 2026-01-31\n")
    assert r"error=\x1b[2J\n" in first
    assert r"\u202e" in first
    assert "\n" not in second
    assert second.endswith("""route=r transform="two words" 12 ms evt_1""")


def test_on_a_narrow_terminal_no_word_is_torn_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orgloop.cli.entries.line.width", lambda: 50)
    event = "evt_01a205a0203c815ddf7022b50526b260"

    written = Lines(details=False).text(entry(event_id=event, source="desk", event_type="t" * 20))

    assert all(columns_of(line) <= 50 for line in written.splitlines())
    assert any(line.strip().endswith(event) for line in written.splitlines())


@pytest.mark.parametrize(
    ("phase", "complaint"), [("deliverd", "'deliverd' is no phase"), ("deliver.x", "no phase")]
)
def test_a_phase_that_there_is_not_is_refused(phase: str, complaint: str) -> None:
    result = CliRunner().invoke(orgloop, ["logs", "--phase", phase], obj=Invocation({}))

    assert result.exit_code == Exit.USAGE
    assert complaint in result.stderr


def test_without_books_and_runtime_there_is_nothing_to_show(tmp_path: object) -> None:
    result = CliRunner().invoke(orgloop, ["logs", "--home", str(tmp_path)], obj=Invocation({}))

    assert (result.exit_code, result.stdout) == (Exit.SUCCESS, "")
    assert "nothing is running" in result.stderr
