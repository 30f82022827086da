"""Compile the criteria of a filter to functions that answer quickly."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from attrs import frozen

from orgloop.dotpath import MISSING, lookup
from orgloop.errors import InvalidValue
from orgloop.event import JSONObject
from orgloop.options import checked_each
from orgloop.sdk.patterns import Pattern, read_pattern

Matcher = Callable[[Any], bool]
"""Whether a value, or `MISSING`, is the one asked for."""

Test = Callable[[Pattern, str], bool]
"""Whether an expression is found in a text."""


def _alone(pattern: Pattern, text: str) -> bool:
    return pattern.test(text)


def criteria(raw: Any) -> dict[str, Any]:
    """Check criteria as they stand in YAML; raise `InvalidValue` that names the path."""
    if raw is None:  # a key with nothing under it
        return {}
    if not isinstance(raw, Mapping):
        raise InvalidValue("write a mapping from dot path to value, as in provenance.author: alice")
    checked_each(raw, matcher)
    return {str(path): pattern for path, pattern in raw.items()}


@frozen
class Criteria:
    """Dot paths, and what must be found there."""

    _compiled: tuple[tuple[str, Matcher], ...]

    @classmethod
    def of(cls, wanted: Mapping[str, Any], test: Test) -> Criteria:
        """Compile checked criteria, whose expressions are tested by ``test``."""
        return cls(tuple((path, matcher(pattern, test)) for path, pattern in wanted.items()))

    def first_met(self, document: JSONObject) -> str | None:
        """Return the path of the first criterion that a document meets."""
        for path, matches in self._compiled:
            if matches(lookup(document, path)):
                return path
        return None

    def first_unmet(self, document: JSONObject) -> str | None:
        """Return the path of the first criterion that a document does not meet."""
        for path, matches in self._compiled:
            if not matches(lookup(document, path)):
                return path
        return None


def matcher(pattern: Any, test: Test = _alone) -> Matcher:
    """Compile one value: exact, a list, a comma-separated string, ``/regex/flags`` or null."""
    if isinstance(pattern, str):
        return _text(pattern, test)
    if isinstance(pattern, (list, tuple)):
        return _either([_item(item, test) for item in pattern])
    return _scalar(pattern)


def _text(pattern: str, test: Test) -> Matcher:
    found = read_pattern(pattern, strict=True)
    if found is not None:
        return _found_by(found, test)
    items = _comma_separated(pattern)
    return _either([_item(item, test) for item in items]) if items else _item(pattern, test)


def _item(pattern: Any, test: Test) -> Matcher:
    found = read_pattern(pattern) if isinstance(pattern, str) else None
    return _scalar(pattern) if found is None else _found_by(found, test)


def _scalar(pattern: Any) -> Matcher:
    if pattern is None:
        return lambda value: value is None or value is MISSING
    if isinstance(pattern, bool):
        return lambda value: value is pattern
    if isinstance(pattern, (int, float)):
        return lambda value: value == pattern and not isinstance(value, bool)
    if isinstance(pattern, str):
        return lambda value: value == pattern
    raise InvalidValue(
        "a value is a string, number, boolean, null, /regex/, or a list of those; "
        "reach into an object with a dot path, as in payload.user.login"
    )


def _either(matchers: list[Matcher]) -> Matcher:
    return lambda value: any(matches(value) for matches in matchers)


def _found_by(pattern: Pattern, test: Test) -> Matcher:
    return lambda value: (
        value is not MISSING and value is not None and test(pattern, _as_text(value))
    )


# An expression may hold commas of its own: an item is a whole expression, or runs up to a comma.
_ITEM = re.compile(r"\s*(/(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\[])+/[a-z]*)\s*(?=,|$)|[^,]+")


def _comma_separated(text: str) -> list[str]:
    """Return the items of a comma-separated string, or nothing if it has no comma."""
    if "," not in text:
        return []
    return [item for match in _ITEM.finditer(text) if (item := match[0].strip())]


def _as_text(value: Any) -> str:
    """Write a value the way JavaScript does when it tests one: lists joined by commas."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ",".join("" if item is None else _as_text(item) for item in value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return orjson.dumps(value).decode()
