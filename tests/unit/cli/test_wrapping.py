"""Messages on a terminal break between words."""

from __future__ import annotations

import io

import pytest

from orgloop.cli.look import Painted
from orgloop.cli.wrapping import wrapped

ID = "evt_01a205a0203c815ddf7022b50526b260"
MESSAGE = f"  event {ID} is not held any more: see which are, with orgloop events\nshort"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", [20, 40, 60])
def test_lines_fit_a_terminal_and_no_word_is_torn(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))

    shown = wrapped(MESSAGE, _Terminal())

    assert shown.split() == MESSAGE.split()
    assert all(len(line) <= columns for line in shown.splitlines() if ID not in line)
    assert shown.splitlines()[1].startswith("    ")
    assert shown.endswith("\nshort")


def test_what_is_painted_stays_so_and_its_colours_take_no_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "24")
    painted = Painted("  \x1b[31mred\x1b[0m and \x1b[32mgreen\x1b[0m words that go on")

    shown = wrapped(painted, _Terminal(), hang=4)

    assert isinstance(shown, Painted)
    assert shown.split("\n") == [
        "  \x1b[31mred\x1b[0m and \x1b[32mgreen\x1b[0m words",
        "      that go on",
    ]


def test_what_goes_elsewhere_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")

    assert wrapped(MESSAGE, io.StringIO()) == MESSAGE
    assert wrapped(MESSAGE, None) == MESSAGE
