"""The event: what a source reports, what flows, what is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast, get_args

import orjson
from attrs import evolve, frozen

from orgloop.errors import InvalidEvent, InvalidValue
from orgloop.identity import EVENT_ID, TRACE_ID
from orgloop.times import to_epoch_ms, to_iso

EventType = Literal["resource.changed", "actor.stopped", "message.received"]
EVENT_TYPES: frozenset[str] = frozenset(get_args(EventType))
JSONObject = dict[str, Any]
FIELDS = frozenset(
    {"id", "timestamp", "source", "type", "provenance", "payload", "origin", "trace_id"}
)

# orjson writes at most 254 levels of nesting. An event is written inside other documents
# (a delivery's body, a batch, an API answer), so it is kept this many levels below that.
_NESTING_RESERVE = 32


@frozen
class Origin:
    """Where an event was taken in: which runtime, and which of its projects."""

    runtime: str
    project: str


@frozen
class Event:
    """One thing that happened, as it is kept and delivered. Never changed, only copied.

    ``timestamp`` is ISO 8601 UTC with ``Z``: when it happened at the source, or when it was
    received. ``provenance`` always has ``platform``. ``origin`` and ``trace_id`` are added at
    intake; a transform cannot change them, nor ``id`` and ``source``. ``extra`` holds further
    fields that a transform of the project added at the top.
    """

    id: str
    timestamp: str
    source: str
    type: EventType
    provenance: JSONObject
    payload: JSONObject | None = None
    origin: Origin | None = None
    trace_id: str | None = None
    extra: JSONObject | None = None

    def to_json(self) -> JSONObject:
        """Return the event as the JSON object that the outside sees."""
        document: JSONObject = {
            "id": self.id,
            "timestamp": self.timestamp,
            "source": self.source,
            "type": self.type,
            "provenance": self.provenance,
        }
        if self.payload is not None:
            document["payload"] = self.payload
        if self.origin is not None:
            document["origin"] = {"runtime": self.origin.runtime, "project": self.origin.project}
        if self.trace_id is not None:
            document["trace_id"] = self.trace_id
        if self.extra is not None:
            document.update(self.extra)
        return document

    def to_bytes(self) -> bytes:
        """Return `to_json` written as UTF-8; raise `InvalidEvent` if it cannot be JSON.

        What is written here can be written inside another document too: nesting is bounded.
        """
        wrapped: Any = self.to_json()
        for _ in range(_NESTING_RESERVE):
            wrapped = (wrapped,)
        try:
            return orjson.dumps(wrapped)[_NESTING_RESERVE:-_NESTING_RESERVE]
        except (orjson.JSONEncodeError, RecursionError) as error:
            raise InvalidEvent([f"the event cannot be written as JSON: {error}"]) from error

    @classmethod
    def from_bytes(cls, text: bytes) -> Event:
        """Read what `to_bytes` wrote. For our own files: nothing is checked again."""
        document = orjson.loads(text)
        return cls._trusted(document).with_extra_of(document)

    @classmethod
    def from_json(cls, document: object) -> Event:
        """Check a document from outside; raise `InvalidEvent` with every reason against it.

        Fields that an event does not have are left out.
        """
        problems = list(_problems(document))
        if problems:
            raise InvalidEvent(problems)
        checked = dict(cast(Mapping[str, Any], document))
        checked["timestamp"] = normal_timestamp(checked["timestamp"])
        return cls._trusted(checked)

    @classmethod
    def _trusted(cls, document: Mapping[str, Any]) -> Event:
        origin = document.get("origin")
        return cls(
            document["id"],
            document["timestamp"],
            document["source"],
            document["type"],
            document["provenance"],
            document.get("payload"),
            Origin(origin["runtime"], origin["project"]) if origin else None,
            document.get("trace_id"),
        )

    def with_extra_of(self, document: Mapping[str, Any]) -> Event:
        """Return the event with those fields of ``document`` that no event has of itself."""
        if document.keys() <= FIELDS:
            return self
        return evolve(self, extra={k: v for k, v in document.items() if k not in FIELDS})

    def with_content_of(self, other: Event) -> Event:
        """Return ``other`` under this event's identity: what may not be changed is put back."""
        return evolve(
            other, id=self.id, source=self.source, origin=self.origin, trace_id=self.trace_id
        )


@frozen
class EventDraft:
    """What a source or an actor reports; intake makes an `Event` of it.

    ``key`` is what the outside world calls this change; the id is derived from it, so that the
    same change reported again is recognised. Without a key and without an ``id`` the event gets a
    random id. ``timestamp`` is an ISO 8601 time with an offset, or `None` for the time of intake.
    """

    type: EventType
    provenance: JSONObject
    payload: JSONObject | None = None
    key: str | None = None
    timestamp: str | None = None
    id: str | None = None

    @property
    def platform(self) -> str:
        return str(self.provenance.get("platform", ""))

    @classmethod
    def from_json(cls, document: Mapping[str, Any], platform: str) -> EventDraft:
        """Read what a person or a tool says of an event: ``type`` is enough.

        ``platform`` is where it is from if it does not say. Raises `InvalidEvent` with every reason
        against it.
        """
        provenance = document.get("provenance")
        if provenance is None:
            provenance = {}
        if isinstance(provenance, dict):
            provenance = {"platform": platform, **provenance}
        problems = content_problems({**document, "provenance": provenance})
        given_id = document.get("id")
        if given_id is not None and not _matches(EVENT_ID, given_id):
            problems.append("id: evt_ followed by at most 196 letters and digits")
        if problems:
            raise InvalidEvent(problems)
        return cls(
            document["type"],
            provenance,
            document.get("payload"),
            timestamp=document.get("timestamp"),
            id=given_id,
        )


@frozen
class Cause:
    """What an event came out of: the trace it continues and the event before it in the chain."""

    trace_id: str
    event_id: str

    @classmethod
    def parse(cls, header: str) -> Cause | None:
        """Read ``<trace id>;<event id>`` (``X-OrgLoop-Trace``); anything else is no cause."""
        trace_id, _, event_id = header.strip().partition(";")
        if TRACE_ID.fullmatch(trace_id) and EVENT_ID.fullmatch(event_id):
            return cls(trace_id, event_id)
        return None

    def __str__(self) -> str:
        return f"{self.trace_id};{self.event_id}"


def normal_timestamp(text: str) -> str:
    """Return an ISO 8601 time in UTC with ``Z``; raise `InvalidValue` if it names no moment."""
    epoch_ms = to_epoch_ms(text)
    return text if text.endswith("Z") else to_iso(epoch_ms)


def _problems(document: object) -> list[str]:
    if not isinstance(document, Mapping):
        return ["an event is a JSON object"]
    found = []
    if not _matches(EVENT_ID, document.get("id")):
        found.append("id: evt_ followed by at most 196 letters and digits")
    if "trace_id" in document and not _matches(TRACE_ID, document["trace_id"]):
        found.append("trace_id: trc_ followed by at most 196 letters and digits")
    source = document.get("source")
    if not isinstance(source, str) or not source:
        found.append("source: the id of a source, a non-empty string")
    found += content_problems(document)
    origin = document.get("origin")
    if origin is not None and not (
        isinstance(origin, Mapping)
        and isinstance(origin.get("runtime"), str)
        and isinstance(origin.get("project"), str)
    ):
        found.append("origin: an object with the strings runtime and project")
    if "timestamp" not in document:
        found.append("timestamp: when it happened, ISO 8601 in UTC, such as 2026-01-31T08:15:00Z")
    return found


def content_problems(document: Mapping[str, object]) -> list[str]:
    """Return what is wrong with type, timestamp, provenance and payload, one sentence each.

    A missing timestamp is no problem here: intake adds one.
    """
    found = []
    kind = document.get("type")
    if not isinstance(kind, str) or kind not in EVENT_TYPES:
        found.append(f"type: one of {', '.join(sorted(EVENT_TYPES))}")
    timestamp = document.get("timestamp")
    if isinstance(timestamp, str):
        try:
            to_epoch_ms(timestamp)
        except (InvalidValue, OverflowError) as error:
            found.append(f"timestamp: {error}")
    elif timestamp is not None:
        found.append("timestamp: an ISO 8601 time in UTC, such as 2026-01-31T08:15:00Z")
    provenance = document.get("provenance")
    if not isinstance(provenance, Mapping) or not isinstance(provenance.get("platform"), str):
        found.append("provenance: an object with at least the string platform")
    if document.get("payload") is not None and not isinstance(document["payload"], Mapping):
        found.append("payload: a JSON object")
    return found


def _matches(pattern: Any, value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
