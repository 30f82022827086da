"""Write a log entry as JSON, the same for everybody who reads it."""

from __future__ import annotations

import json
import socket

import orjson
from attrs import field, frozen

from orgloop import __version__
from orgloop.event import JSONObject
from orgloop.logentry import LogEntry


def _constant() -> JSONObject:
    return {"orgloop_version": __version__, "hostname": socket.gethostname()}


def as_json(document: JSONObject) -> bytes:
    """Return an object as JSON on one line, whatever it holds."""
    try:
        return orjson.dumps(document, default=str)
    except orjson.JSONEncodeError:
        # What is not Unicode (a lone surrogate from a file name) is written as an escape.
        return json.dumps(document, default=str, separators=(",", ":")).encode()


@frozen
class EntryJSON:
    """Entries as objects of JSON on one line each."""

    _constant: JSONObject = field(factory=_constant)
    """What is the same in every entry."""

    def __call__(self, entry: LogEntry) -> bytes:
        """Return one entry, whatever it holds."""
        return as_json(entry.to_json() | self._constant)
