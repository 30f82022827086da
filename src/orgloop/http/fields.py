"""The fields of a JSON object that was sent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from attrs import frozen

from orgloop.commas import words
from orgloop.errors import InvalidValue
from orgloop.http.problem import Problem, Refused, bad_field
from orgloop.times import to_epoch_ms


@frozen
class Fields:
    """What a body says. Each reader raises `Refused` and names the field."""

    _document: Mapping[str, Any]

    @classmethod
    def of(cls, document: Mapping[str, Any], known: Collection[str]) -> Fields:
        """Refuse what is not ``known``: a filter that is misspelt would restrict nothing."""
        for name in document:
            if name not in known:
                hint = f"there are: {', '.join(known)}" if known else "send no body"
                raise Refused(bad_field(name[:100], "there is no such field", hint))
        return cls(document)

    def has(self, name: str) -> bool:
        """Whether a field says anything; null says nothing."""
        return self._document.get(name) is not None

    def text(self, name: str) -> str | None:
        """Return a text; `None` if it is missing, null or empty."""
        return self.given(name) or None

    def given(self, name: str) -> str | None:
        """Return a text that may be empty; `None` if it is missing or null."""
        value = self._document.get(name)
        if value is not None and not isinstance(value, str):
            raise Refused(bad_field(name, "not a text", 'write it as "…"'))
        return value

    def criterion(self, name: str) -> str | None:
        """Return a text that narrows what is meant; `None` if it is missing or null.

        An empty one is refused: a variable that was not set would widen what is done to everything.
        """
        text = self.given(name)
        if text == "":
            raise Refused(_empty(name))
        return text

    def words(self, name: str, known: Collection[str] | None = None) -> tuple[str, ...]:
        """Return a list of texts that narrows what is meant; empty if it is missing or null.

        One text is split at its commas, as in a query. What names nothing is refused; see
        `criterion`.
        """
        value = self._document.get(name)
        if value is None:
            return ()
        found = list(words(value)) if isinstance(value, str) else value
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise Refused(bad_field(name, "not a list of texts", 'write it as ["…", "…"]'))
        if not found or "" in found:
            raise Refused(_empty(name))
        for word in found:
            if known is not None and word not in known:
                hint = f"use {', '.join(sorted(known))}"
                raise Refused(bad_field(name, f"{word[:100]!r} is none of its values", hint))
        return tuple(found)

    def moment(self, name: str) -> int | None:
        """Return a time in milliseconds since the epoch; see `criterion`."""
        text = self.criterion(name)
        return None if text is None else moment_of(name, text, bad_field)

    def flag(self, name: str) -> bool:
        """Return whether something is wanted; not, if it is missing."""
        value = self._document.get(name)
        if value is not None and not isinstance(value, bool):
            raise Refused(bad_field(name, "neither true nor false", "write true or false"))
        return bool(value)

    def number(self, name: str, low: int, high: int) -> int | None:
        """Return a whole number between two others; `None` if it is missing."""
        value = self._document.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            hint = f"use a whole number from {low} to {high}"
            raise Refused(bad_field(name, "out of range", hint))
        return value


def moment_of(name: str, text: str, problem: Callable[[str, str, str], Problem]) -> int:
    """Read an ISO 8601 time; raise `Refused` with ``problem`` of that name otherwise."""
    try:
        return to_epoch_ms(text)
    except (InvalidValue, OverflowError) as error:
        raise Refused(
            problem(name, str(error), "write times in ISO 8601, as in 2026-01-31T08:15:00Z")
        ) from error


def _empty(name: str) -> Problem:
    return bad_field(name, "empty", "say which, or leave it out where all are meant")
