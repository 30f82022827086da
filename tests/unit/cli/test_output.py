"""Nothing from outside acts on the terminal."""

from __future__ import annotations

import json

import pytest

from orgloop.cli.output import one_line, show, show_json, table


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
