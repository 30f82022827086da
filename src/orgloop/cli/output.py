"""Write to the terminal: data to standard output, and nothing that could act on a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import click

from orgloop.cli.look import Painted, columns_of, line, lines, pad
from orgloop.printable import printable_json, printable_lines


def one_line(value: object) -> str:
    """Return a value as one line of text, safe for a terminal; `None` is a dash."""
    return "-" if value is None or value == "" else line(value)


def show(text: str = "") -> None:
    """Write one piece of data to standard output; colours only of what `orgloop.cli.look` gave."""
    click.echo(text if isinstance(text, Painted) else printable_lines(text))


def show_json(document: Any) -> None:
    """Write a JSON document to standard output."""
    click.echo(printable_json(json.dumps(document, indent=2, ensure_ascii=False)))


def table(rows: Iterable[Sequence[object]], *, heading: Sequence[str], indent: str = "") -> Painted:
    """Lay rows out in columns under a heading; the last column is not padded."""
    cells = [[one_line(cell) for cell in row] for row in (heading, *rows)]
    widths = [max(map(columns_of, column)) for column in zip(*cells, strict=True)]
    return lines(*(Painted((indent + "  ".join(map(pad, row, widths))).rstrip()) for row in cells))
