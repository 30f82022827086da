"""Write to the terminal: data to standard output, and nothing that could act on a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import click

from orgloop.printable import printable, printable_json, printable_lines


def one_line(value: object) -> str:
    """Return a value as one line of text, safe for a terminal; `None` is a dash."""
    return "-" if value is None or value == "" else printable(str(value))


def show(text: str = "") -> None:
    """Write one piece of data to standard output."""
    click.echo(printable_lines(text))


def show_json(document: Any) -> None:
    """Write a JSON document to standard output."""
    click.echo(printable_json(json.dumps(document, indent=2, ensure_ascii=False)))


def table(rows: Iterable[Sequence[object]], *, heading: Sequence[str], indent: str = "") -> str:
    """Lay rows out in columns under a heading; the last column is not padded."""
    lines = [[one_line(cell) for cell in row] for row in (heading, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(indent + "  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
