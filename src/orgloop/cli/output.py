"""Write to the terminal: data to standard output, and nothing that could act on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click

from orgloop.cli.look import Painted, columns_of, fit, line, lines, pad, style, uncoloured, width
from orgloop.cli.wrapping import wrapped
from orgloop.printable import printable_json, printable_lines

JSON_VERSION = 1
"""Of the shapes that ``--json`` has, all together (docs/reference/json.md).

It grows when one of them loses a key or means something else by it; new keys leave it as it is.
"""
_GAP, _FURTHER, _NOTHING = "  ", "    ", "-"
_LONGEST_SHOWN = 2_000
"""Characters of one string: about a screen."""
_LEAST_COLUMNS = 12
"""What a last column has to have to be worth its place."""


def one_line(value: object) -> Painted:
    """Return a value as one line of text, safe for a terminal; `None` is a dash."""
    return Painted(_NOTHING) if value is None or value == "" else line(value)


def show(text: str = "") -> None:
    """Write one piece of data to standard output; colours only of what `orgloop.cli.look` gave."""
    click.echo(text if isinstance(text, Painted) else printable_lines(text))


def show_prose(text: str = "", *, hang: int = 2) -> None:
    """Write what is read, with lines that are broken between words on a terminal; see `wrapped`."""
    safe = text if isinstance(text, Painted) else Painted(printable_lines(text))
    click.echo(wrapped(safe, sys.stdout, hang=hang))


def show_json(document: Any) -> None:
    """Write a JSON document to standard output."""
    click.echo(printable_json(json.dumps(document, indent=2, ensure_ascii=False)))


def show_ids(rows: Iterable[dict[str, Any]], key: str) -> None:
    """Write ids alone, one a line, for whoever goes on with them."""
    for row in rows:
        show(one_line(row.get(key)))


def show_document(document: Any) -> None:
    """Write JSON for a person; see `for_person`."""
    show(for_person(document))


def for_person(document: Any) -> str:
    """Return JSON for a person: on a terminal without the rest of strings that would flood it."""
    shown = document if width() is None else _shortened(document)
    return json.dumps(shown, indent=2, ensure_ascii=False)


def _shortened(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _LONGEST_SHOWN:
        return f"{value[:_LONGEST_SHOWN]}… ({len(value)} characters: --json shows all of them)"
    if isinstance(value, dict):
        return {name: _shortened(one) for name, one in value.items()}
    return [_shortened(one) for one in value] if isinstance(value, list) else value


def table(rows: Iterable[Sequence[object]], *, heading: Sequence[str], indent: str = "") -> Painted:
    """Lay rows out in columns under a heading; the last column is not padded.

    On a terminal the last column is cut where it finds no room. Where the others find none either,
    each row has lines of its own: what stands in them is never torn apart.
    """
    top = [style(one, "dim") for one in heading]
    cells = [top, *([one_line(cell) for cell in row] for row in rows)]
    widths = [max(map(columns_of, column)) for column in zip(*cells, strict=True)]
    room, before = width(), len(indent) + sum(one + len(_GAP) for one in widths[:-1])
    if room is None or before + widths[-1] <= room:
        return lines(*(_row(row, widths, indent) for row in cells))
    if before + min(widths[-1], _LEAST_COLUMNS) <= room:
        left = room - before
        return lines(*(_row([*row[:-1], fit(row[-1], left)], widths, indent) for row in cells))
    return lines(*(_flowing(row, heading, indent, room) for row in cells[1:]))


def _row(cells: Sequence[Painted], widths: Sequence[int], indent: str) -> Painted:
    padded = [pad(cell, columns) for cell, columns in zip(cells[:-1], widths, strict=False)]
    text = line(indent, *(part for cell in padded for part in (cell, _GAP)), cells[-1])
    return Painted(text.rstrip())


def _flowing(cells: Sequence[Painted], heading: Sequence[str], indent: str, room: int) -> Painted:
    """Write a row as words, each with its column's name; what is empty is left out."""
    written, current = [], line(indent)
    for name, cell in zip(heading, cells, strict=True):
        if cell == _NOTHING:
            continue
        word = line(style(name, "dim"), " ", cell)
        if uncoloured(current).strip() and columns_of(current) + columns_of(word) > room:
            written.append(current)
            current = line(indent, _FURTHER)
        is_last = cell is cells[-1]
        left = room - columns_of(current) - len(name) - 1
        word = line(style(name, "dim"), " ", fit(cell, left)) if is_last else word
        current = line(current, word, _GAP)
    return lines(*(Painted(one.rstrip()) for one in (*written, current)))
