"""The log entry: what every step of the flow tells the observers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from math import isfinite
from typing import Any, Literal

import orjson
from attrs import frozen

from orgloop.event import JSONObject
from orgloop.times import to_iso

Level = Literal["debug", "info", "warn", "error"]
LEVELS: tuple[Level, ...] = ("debug", "info", "warn", "error")
LogFormat = Literal["text", "json"]
LOG_FORMATS: tuple[LogFormat, ...] = ("text", "json")

_LEVEL_OF_PHASE: dict[str, Level] = {
    "source.emit": "info",
    "source.duplicate": "debug",
    "source.error": "error",
    "source.circuit_open": "error",
    "source.circuit_retry": "info",
    "source.circuit_close": "info",
    "route.match": "info",
    "route.no_match": "debug",
    "transform.start": "debug",
    "transform.pass": "debug",
    "transform.drop": "info",
    "transform.error": "warn",
    "transform.error_drop": "warn",
    "transform.error_halt": "error",
    "deliver.queued": "debug",
    "deliver.attempt": "debug",
    "deliver.success": "info",
    "deliver.failure": "warn",
    "deliver.retry": "warn",
    "deliver.rejected": "error",
    "deliver.dead": "error",
    "deliver.skipped": "info",
    "deliver.merged": "info",
    "deliver.held": "warn",
    "pipeline.backpressure": "warn",
    "actor.degraded": "error",
    "actor.recovered": "info",
    "loop.detected": "warn",
    "loop.circuit_broken": "error",
    "runtime.start": "info",
    "runtime.stop": "info",
    "runtime.error": "error",
    "system.start": "info",
    "system.stop": "info",
    "system.error": "error",
    "module.active": "info",
    "module.unloading": "info",
    "module.removed": "info",
    "audit.record": "info",
    "audit.flag": "warn",
    "audit.held": "warn",
    "inbox.notify": "info",
}
PHASES: frozenset[str] = frozenset(_LEVEL_OF_PHASE)
PHASE_ORDER: tuple[str, ...] = tuple(_LEVEL_OF_PHASE)


# One is made at every step of every event. Without slots that is a third quicker.
@frozen(kw_only=True, slots=False)
class LogEntry:
    """One observation. Loggers write it; nothing in the flow waits for them.

    ``timestamp`` is milliseconds since the Unix epoch; `to_json` writes it as ISO 8601.
    ``metadata`` holds no payload and no secret.
    """

    phase: str
    timestamp: int
    project: str | None = None
    event_id: str | None = None
    trace_id: str | None = None
    source: str | None = None
    target: str | None = None
    route: str | None = None
    transform: str | None = None
    event_type: str | None = None
    duration_ms: float | None = None
    queue_depth: int | None = None
    attempt: int | None = None
    result: str | None = None
    error: str | None = None
    metadata: JSONObject | None = None

    @cached_property
    def encoded(self) -> bytes:
        """The entry as an object of JSON on one line; made once for all who write or send it."""
        return as_json(self.to_json())

    @property
    def level(self) -> Level:
        return _LEVEL_OF_PHASE[self.phase]

    def to_json(self) -> JSONObject:
        """Return the entry without empty fields; ``module`` is ``project``'s older name.

        ``orgloop_version`` and ``hostname`` are the same in every entry: who writes adds them.
        """
        document: JSONObject = {"timestamp": to_iso(self.timestamp)}
        for name, value in vars(self).items():
            if value is not None and name not in _NOT_GIVEN:
                document[name] = value
        if self.project is not None:
            document["module"] = self.project
        return document

    def given(self) -> list[tuple[str, Any]]:
        """Return the fields that are not empty by their names, the timestamp aside."""
        pairs = vars(self).items()
        return [pair for pair in pairs if pair[1] is not None and pair[0] not in _NOT_GIVEN]


# Of what an entry has in its `vars`, which are quicker to go through than its fields are to name.
_NOT_GIVEN = frozenset({"timestamp", "encoded"})


def as_json(document: JSONObject) -> bytes:
    """Return an object as JSON on one line, whatever it holds."""
    try:
        return orjson.dumps(document, default=str)
    except orjson.JSONEncodeError:
        # What is not Unicode (a lone surrogate from a file name) is written as an escape.
        return json.dumps(_plain(document), default=str, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    """Return a value with texts for keys, and nothing for numbers that JSON has no word for."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not isfinite(value) else value
