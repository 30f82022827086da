"""Break lines between words where a terminal would break them anywhere."""

from __future__ import annotations

import shutil
from typing import IO, TypeVar

from orgloop.cli.look import columns_of

_LEAST_COLUMNS = 20
"""Below that breaking between words makes nothing legible."""
T = TypeVar("T", bound=str)


def wrapped(text: T, stream: IO[str] | None, *, hang: int = 2) -> T:
    """Return a text for a stream: on a terminal with lines that fit it, otherwise as it is.

    What a line goes on with stands ``hang`` columns further in than its beginning. A word that is
    longer than a line stays in one piece: an id can be copied.
    """
    if stream is None or not stream.isatty():
        return text
    columns = shutil.get_terminal_size().columns
    if columns < _LEAST_COLUMNS:
        return text
    kind = type(text)  # what is painted stays so
    return kind("\n".join(_fitting(kind(line), columns, " " * hang) for line in text.split("\n")))


def _fitting(line: str, columns: int, hang: str) -> str:
    if columns_of(line) <= columns:
        return line
    kind, unindented = type(line), line.lstrip(" ")
    indent = line[: len(line) - len(unindented)]
    rows, row = [], ""
    for word in unindented.split(" "):
        longer = f"{row} {word}" if row else indent + word
        if row.strip() and columns_of(kind(longer)) > columns:
            rows.append(row.rstrip(" "))
            longer = f"{indent}{hang}{word}"
        row = longer
    return "\n".join((*rows, row))
