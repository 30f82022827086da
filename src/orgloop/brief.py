"""Show a JSON value in few words, however large it is and whatever it holds."""

from __future__ import annotations

from typing import Any

import orjson
from attrs import define

from orgloop.hidden import Hidden
from orgloop.wording import proper

LONGEST = 200
"""Characters of a string, or of a list or an object written as JSON."""
_MOST_PARTS = 100  # of a list or an object that are looked at
_LARGEST = 2**63 - 1  # what orjson writes


def brief(value: Any, hidden: Hidden = Hidden()) -> Any:
    """Return a JSON value that is short: ``value`` without what is hidden, or its beginning.

    A string is cut with …; a list or an object that is too large becomes the beginning of its JSON
    text. What is no JSON at all, which a stranger's transform may answer with, is told by its type.
    """
    if not isinstance(value, dict | list | tuple):
        return _scalar(value, hidden)
    copying = _Copying(hidden)
    copied = copying.of(value)
    text = orjson.dumps(copied)
    if copying.is_whole and len(text) <= LONGEST:
        return copied
    return text.decode()[: LONGEST - 1] + "…"


def name_of(key: Any) -> str:
    """Return the name of a member: one that is no text, and so no JSON, is told by its type."""
    return key if isinstance(key, str) else f"({type(key).__name__})"


def _scalar(value: Any, hidden: Hidden) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float):
        return float(value)  # orjson writes no number of a class that is derived from it
    if isinstance(value, str):
        return _text(value, hidden)
    if isinstance(value, int) and -_LARGEST <= value <= _LARGEST:
        return value
    return f"({type(value).__name__})"


def _text(text: str, hidden: Hidden) -> str:
    return proper(hidden.beginning(text, LONGEST))


@define
class _Copying:
    """Copies a value as long as it is small."""

    hidden: Hidden
    left: int = _MOST_PARTS

    @property
    def is_whole(self) -> bool:
        return self.left >= 0

    def of(self, value: Any) -> Any:
        """Return a copy of ``value``, or of its first parts."""
        if isinstance(value, dict):
            return {
                _text(name_of(key), self.hidden): self.of(one)
                for key, one in value.items()
                if self._takes()
            }
        if isinstance(value, list | tuple):
            return [self.of(one) for one in value if self._takes()]
        return _scalar(value, self.hidden)

    def _takes(self) -> bool:
        self.left -= 1
        return self.left >= 0
