"""Write a log entry as JSON, the same for everybody who reads it."""

from __future__ import annotations

import socket

from attrs import field, frozen

from orgloop import __version__
from orgloop.logentry import LogEntry, as_json


def _constant() -> bytes:
    return as_json({"orgloop_version": __version__, "hostname": socket.gethostname()})


@frozen
class EntryJSON:
    """Entries as objects of JSON on one line each."""

    _constant: bytes = field(factory=_constant)
    """An object with what is the same in every entry."""

    def __call__(self, entry: LogEntry) -> bytes:
        """Return one entry, whatever it holds."""
        # Neither object is ever empty: so the two are joined by a comma.
        return entry.encoded[:-1] + b"," + self._constant[1:]
