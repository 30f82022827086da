"""Find and set values in JSON by dot path: ``payload.pull_request.number``, ``payload.items.0``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final


class _Missing:
    """What a path leads to when it leads nowhere (JSON's null is a value, this is none)."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()


def lookup(document: Any, path: str) -> Any:
    """Return the value at ``path``, or `MISSING`.

    A key that itself holds dots is found when it stands there whole; a number indexes a list.
    """
    if isinstance(document, Mapping) and path in document:
        return document[path]
    value = document
    for step in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(step, MISSING)
        elif isinstance(value, list) and step.isascii() and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return MISSING
        if value is MISSING:
            return MISSING
    return value


def assign(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy of ``document`` with ``value`` at ``path``; mappings on the way are made.

    Only what lies on the path is copied. A value on the way that is not a mapping is replaced.
    """
    first, _, rest = path.partition(".")
    copy = dict(document)
    if rest:
        inner = copy.get(first)
        copy[first] = assign(inner if isinstance(inner, dict) else {}, rest, value)
    else:
        copy[first] = value
    return copy
