"""Nothing from outside acts on the terminal."""

from __future__ import annotations

import json

import pytest

from orgloop.cli import output
from orgloop.cli.cells import cell, moment
from orgloop.cli.look import when
from orgloop.cli.output import for_person, one_line, show, show_json, table


@pytest.mark.parametrize("control", ["\x1b[2J", "\x07", "\x9b31m", "\x7f", "\u202e", "\r"])
def test_control_characters_are_escaped(control: str, capsys: pytest.CaptureFixture[str]) -> None:
    show(f"a{control}b")

    assert control not in capsys.readouterr().out
    assert control not in one_line(f"a{control}b")


def test_text_keeps_its_lines_and_a_cell_has_only_one(capsys: pytest.CaptureFixture[str]) -> None:
    show("a\n\tb")

    assert capsys.readouterr().out == "a\n\tb\n"
    assert one_line("a\nb") == "a\\nb"


def test_json_stays_json_and_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    document = {"text": "ünïcode \x1b \x9b \x7f \u202e \ud800"}

    show_json(document)

    written = capsys.readouterr().out
    assert json.loads(written) == document
    assert "ünïcode" in written
    assert not {"\x1b", "\x9b", "\x7f", "\u202e", "\ud800"} & set(written)


def test_a_table_aligns_its_columns() -> None:
    laid_out = table([("a", 1), ("long", None)], heading=("name", "n"))

    assert laid_out.splitlines() == ["name  n", "a     1", "long  -"]


_TOP, _NEXT = "id       state  why", "dlv_2    -      -"


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (
            None,
            [
                "id       state  why",
                "dlv_1x2  dead   refused: no such program",
                "dlv_2    -      -",
            ],
        ),
        (30, [_TOP, "dlv_1x2  dead   refused: no s…", _NEXT]),
        (20, ["id dlv_1x2", "    state dead", "    why refused: no…", "id dlv_2"]),
    ],
    ids=["a file", "a terminal", "a narrow one"],
)
def test_a_table_fits_the_terminal_and_cuts_no_id(
    columns: int | None, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "width", lambda: columns)
    rows = [("dlv_1x2", "dead", "refused: no such program"), ("dlv_2", None, "")]

    assert table(rows, heading=("id", "state", "why")).splitlines() == expected


def test_long_strings_are_cut_for_a_person_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    document = {"a": [{"b": "x" * 5_000}], "c": 1}

    assert json.loads(for_person(document)) == document
    monkeypatch.setattr(output, "width", lambda: 80)
    shown = json.loads(for_person(document))

    assert shown["c"] == 1
    assert shown["a"][0]["b"].endswith("… (5000 characters: --json shows all of them)")


def test_a_moment_is_told_as_how_long_ago_up_to_a_day() -> None:
    at, second = "2026-01-31T08:15:00Z", 1_769_847_300.0

    assert moment(at, second + 90) == "1m30s ago"
    assert moment(at, second - 3600) == "in 1h"
    assert moment(at, second + 100_000) == when(at)
    assert moment("soon") == "soon"


def test_a_cell_is_written_as_its_key_asks_for() -> None:
    assert cell("duration_ms", 1500) == "1.5s"
    assert cell("matched_routes", ["a", "b\x1b"]) == "a, b\\x1b"
    assert cell("matched_routes", []) == "-"
    assert cell("error", "x\ny") == "x\\ny"
