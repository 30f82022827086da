"""Choose which entries one who watches is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from orgloop.http.call import Call
from orgloop.logentry import PHASES, LogEntry

_FIELDS: Mapping[str, str] = {
    "source": "source",
    "route": "route",
    "actor": "target",
    "result": "result",
    "phase": "phase",
    "event": "event_id",
    "project": "project",
}
"""The parameters of the query, and the fields of an entry they are about."""


@frozen
class Choice:
    """What an entry must be: of each field that is named, one of the values."""

    _wanted: Sequence[tuple[str, frozenset[str]]]

    @classmethod
    def of(cls, call: Call) -> Choice:
        """Read the filters of a query; raise `Refused` for a phase that there is not."""
        given = {
            field: call.words(name, PHASES if name == "phase" else None)
            for name, field in _FIELDS.items()
        }
        return cls([(field, frozenset(values)) for field, values in given.items() if values])

    def __call__(self, entry: LogEntry) -> bool:
        """Say whether an entry is wanted. It is asked for each one, so it takes the short way."""
        for field, values in self._wanted:  # noqa: SIM110  # a generator takes three times as long
            if getattr(entry, field) not in values:
                return False
        return True
