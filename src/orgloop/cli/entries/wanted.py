"""Which log entries are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from orgloop.commas import words

# The parameters of GET /api/stream, and the fields of an entry that they are about.
_FIELDS: Mapping[str, str] = {
    "source": "source",
    "route": "route",
    "actor": "target",
    "result": "result",
    "phase": "phase",
    "event": "event_id",
    "project": "project",
}


@frozen
class Wanted:
    """What an entry must be: of each parameter that is given, one of its values."""

    _given: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, **given: str | None) -> Wanted:
        """Read values separated by commas; `None` restricts nothing."""
        return cls({name: frozenset(words(text)) for name, text in given.items() if text})

    def __call__(self, entry: Mapping[str, Any]) -> bool:
        """Say whether an entry is asked for."""
        return all(entry.get(_FIELDS[name]) in values for name, values in self._given.items())

    def values(self, name: str) -> tuple[str, ...]:
        """Return the values of a parameter; none if it restricts nothing."""
        return tuple(sorted(self._given.get(name, ())))

    def query(self) -> dict[str, str]:
        """Return it the way the API takes it."""
        return {name: ",".join(sorted(values)) for name, values in self._given.items()}
