"""Break lines between words where a terminal would break them anywhere."""

from __future__ import annotations

import shutil
import textwrap
from typing import IO

_LEAST_COLUMNS = 20
"""Below that breaking between words makes nothing legible."""


def wrapped(text: str, stream: IO[str] | None) -> str:
    """Return a text for a stream: on a terminal with lines that fit it, otherwise as it is.

    A word that is longer than a line stays in one piece: an id can be copied.
    """
    if stream is None or not stream.isatty():
        return text
    columns = shutil.get_terminal_size().columns
    if columns < _LEAST_COLUMNS:
        return text
    return "\n".join(_fitting(line, columns) for line in text.split("\n"))


def _fitting(line: str, columns: int) -> str:
    if len(line) <= columns:
        return line
    indent = line[: len(line) - len(line.lstrip(" "))] + "  "
    return "\n".join(
        textwrap.wrap(
            line,
            columns,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    )
