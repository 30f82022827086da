"""Compile a pattern of our own where it is first needed, on RE2.

RE2 takes linear time, a twentieth of that of ``re`` on patterns like these, and is not imported
before anything is looked through. It reads UTF-8: a text that is looked through several times is
best encoded once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

# For the automaton that RE2 makes of a pattern while it searches: the largest of ours needs most of
# its default of 8 MB. Beyond, it would go on with a slower one.
_MOST_MEMORY = 64 << 20


def searching(pattern: str, *, multiline: bool = False) -> Callable[[str | bytes], bool]:
    """Return what says whether ``pattern`` is found in a text. Letters are ASCII letters."""

    def is_in(text: str | bytes) -> bool:
        return _compiled(pattern, multiline).search(text) is not None

    return is_in


def locating(pattern: str) -> Callable[[bytes], int | None]:
    """Return what says where ``pattern`` is found first in a text in UTF-8."""

    def first_in(text: bytes) -> int | None:
        found = _compiled(pattern, False).search(text)
        return None if found is None else int(found.start())

    return first_in


def finding(pattern: str) -> Callable[[bytes], list[bytes]]:
    """Return what finds every occurrence of ``pattern`` in a text in UTF-8."""

    def all_in(text: bytes) -> list[bytes]:
        found = _compiled(pattern, False).finditer(text)
        return [text[slice(*one.span())] for one in found]  # `findall` takes twice the time

    return all_in


@cache
def _compiled(pattern: str, multiline: bool) -> Any:
    import re2

    options = re2.Options()
    options.max_mem = _MOST_MEMORY
    options.log_errors = False
    options.never_capture = True
    return re2.compile(f"(?m:{pattern})" if multiline else pattern, options)
