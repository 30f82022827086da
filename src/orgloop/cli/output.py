"""Write to the terminal: data to standard output, and nothing that could act on a terminal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import click

# What a terminal would act on: C0 and C1 controls, DEL, and the marks that reorder text. A lone
# surrogate cannot be written at all.
_BIDIRECTIONAL = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_ACTING = re.compile(f"[\x00-\x1f\x7f-\x9f{_BIDIRECTIONAL}\ud800-\udfff]")
_ACTING_IN_LINES = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_BIDIRECTIONAL}\ud800-\udfff]")


def printable(text: str) -> str:
    """Return text that may span lines, with everything a terminal would act on escaped."""
    return _ACTING_IN_LINES.sub(_escaped, text)


def one_line(value: object) -> str:
    """Return a value as one line of text, safe for a terminal; `None` is a dash."""
    return "-" if value is None or value == "" else _ACTING.sub(_escaped, str(value))


def show(text: str = "") -> None:
    """Write one piece of data to standard output."""
    click.echo(printable(text))


def show_json(document: Any) -> None:
    """Write a JSON document to standard output."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    click.echo(_ACTING_IN_LINES.sub(lambda match: f"\\u{ord(match[0]):04x}", text))


def table(rows: Iterable[Sequence[object]], *, heading: Sequence[str], indent: str = "") -> str:
    """Lay rows out in columns under a heading; the last column is not padded."""
    lines = [[one_line(cell) for cell in row] for row in (heading, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(indent + "  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
