"""What a person reads looks right, and stays harmless."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import pytest

from orgloop.cli import look
from orgloop.cli.output import show, table

_NOW = 1_700_000_000.0  # 2023-11-14T22:13:20Z
RED, RESET = "\x1b[31m", "\x1b[0m"


def look_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have standard output be a terminal. In the test itself: fixtures have another one."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)


def test_a_terminal_gets_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    look_at_a_terminal(monkeypatch)

    assert look.style("dead", "bad") == f"{RED}dead{RESET}"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_who_wants_no_colours_gets_none(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    look_at_a_terminal(monkeypatch)
    monkeypatch.setenv(name, value)

    assert look.style("dead", "bad") == "dead"


def test_an_empty_no_color_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    look_at_a_terminal(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "")

    assert look.is_coloured()


def test_a_pipe_gets_neither_colours_nor_an_end_of_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert look.style("dead", "bad") == "dead"
    assert look.width() is None


def test_colours_are_not_taken_from_what_is_coloured(monkeypatch: pytest.MonkeyPatch) -> None:
    look_at_a_terminal(monkeypatch)

    assert look.style("\x1b[32mgood\x9b", "bad") == f"{RED}\\x1b[32mgood\\x9b{RESET}"


def test_a_line_keeps_its_colours_and_no_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    look_at_a_terminal(monkeypatch)

    joined = look.line("\x1b[2J", look.style("dead", "bad"), " 1")

    show(joined)

    assert capsys.readouterr().out == f"\\x1b[2J{RED}dead{RESET} 1\n"


def test_a_colour_put_into_another_string_is_shown_not_obeyed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    look_at_a_terminal(monkeypatch)

    show(f"it is {look.style('dead', 'bad')}")

    assert "\x1b" not in capsys.readouterr().out


def test_columns_align_whatever_is_in_them(monkeypatch: pytest.MonkeyPatch) -> None:
    look_at_a_terminal(monkeypatch)

    rows = [(look.style("dead", "bad"), "x"), ("日本", "y"), ("e\u0301", "z")]

    laid_out = table(rows, heading=("what", "n"))

    shown = [look.uncoloured(look.Painted(one)) for one in laid_out.splitlines()]
    assert shown == ["what  n", "dead  x", "日本  y", "e\u0301     z"]


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [
        ("payload", None, "payload"),
        ("payload", 7, "payload"),
        ("payload", 6, "paylo…"),
        ("日本語", 5, "日本…"),
        ("a\nb", 10, "a\\nb"),
        ("payload", 0, ""),
    ],
)
def test_what_is_too_wide_is_cut(text: str, columns: int | None, shown: str) -> None:
    assert look.fit(text, columns) == shown


@pytest.mark.parametrize("letter", ["x", "日", "\u0301", "\u202e", "\x1b"])
def test_of_a_huge_text_only_the_beginning_is_looked_at(letter: str) -> None:
    shown = look.fit(letter * 5_000_000, 40)

    assert shown.endswith("…")
    assert len(shown) <= 321
    assert look.columns_of(shown) <= 40


def test_what_fits_keeps_its_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    look_at_a_terminal(monkeypatch)

    painted = look.style("dead", "bad")

    assert look.fit(painted, 4) == painted
    assert look.fit(painted, 3) == "de…"


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [
        (0, "0 ms"),
        (0.1234, "0.123 ms"),
        (85.4, "85 ms"),
        (1000, "1s"),
        (1540, "1.5s"),
        (42_900, "42s"),
        (125_000, "2m5s"),
        (3_605_000, "1h"),
        (273_600_000, "3d4h"),
    ],
)
def test_lengths_of_time_are_short(milliseconds: float, shown: str) -> None:
    assert look.lasting(milliseconds) == shown


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("2023-11-14T22:13:20Z", "now"),
        ("2023-11-14T22:11:15Z", "2m5s ago"),
        ("2023-11-14T22:13:50.5Z", "in 30s"),
        (None, "-"),
        ("never\x1b", "never\\x1b"),
    ],
)
def test_moments_are_told_from_now(moment: object, shown: str) -> None:
    assert look.ago(moment, _NOW) == shown


@pytest.fixture
def tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A reader in Tokyo."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("tokyo")
@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("2023-11-14T22:13:20.250Z", "2023-11-15 07:13:20"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("never\x1b", "never\\x1b"),
        (None, "-"),
    ],
)
def test_moments_are_told_in_the_readers_zone(moment: object, shown: str) -> None:
    assert look.when(moment) == shown


@pytest.mark.usefixtures("tokyo")
def test_times_of_day_are_told_in_the_readers_zone() -> None:
    assert look.time_of_day("2023-11-14T22:13:20.25Z") == "07:13:20.250"
