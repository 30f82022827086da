"""``--watch`` shows as much as there is room for."""

from __future__ import annotations

import pytest

from orgloop.cli.watching import fitting


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (["one", "two"], 2),
        (["one", "two", "three", "four", "five"], 4),
        (["x" * 60, "two", "three"], 2),  # of three rows itself
        (["\x1b[31m" + "x" * 20 + "\x1b[0m", "two", "three", "four"], 4),
        (["", "", "", "", ""], 4),
        (["x" * 200], 0),
    ],
)
def test_lines_are_shown_from_the_top_while_they_have_room(
    lines: list[str], shown: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("LINES", "5")

    assert list(fitting(lines)) == lines[:shown]
