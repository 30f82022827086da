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
        elif (position := _position(value, step)) is not None:
            value = value[position]
        else:
            return MISSING
        if value is MISSING:
            return MISSING
    return value


def value_at(document: Any, path: str) -> Any:
    """Return the value at ``path``, and `None` where it leads nowhere, as for JSON's null."""
    value = lookup(document, path)
    return None if value is MISSING else value


def assign(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy of ``document`` with ``value`` at ``path``; mappings on the way are made.

    Only what lies on the path is copied. A number leads to an item that a list has; any other value
    on the way that is not a mapping is replaced by one.
    """
    return _mapping_with(document, path.split("."), value)


def _mapping_with(mapping: dict[str, Any], steps: list[str], value: Any) -> dict[str, Any]:
    return {**mapping, steps[0]: _with(mapping.get(steps[0]), steps[1:], value)}


def _with(current: Any, steps: list[str], value: Any) -> Any:
    if not steps:
        return value
    position = _position(current, steps[0])
    if position is None:
        return _mapping_with(current if isinstance(current, dict) else {}, steps, value)
    changed = _with(current[position], steps[1:], value)
    return [*current[:position], changed, *current[position + 1 :]]


def _position(value: Any, step: str) -> int | None:
    """Return which item of a list a step leads to, `None` if ``value`` has no such item."""
    if isinstance(value, list) and step.isascii() and step.isdigit() and int(step) < len(value):
        return int(step)
    return None
