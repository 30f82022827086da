"""Make the events of a rehearsal, as intake would make them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from orgloop.config.model import ProjectDefinition
from orgloop.config.problems import suggestion
from orgloop.errors import InvalidEvent
from orgloop.event import Event, EventDraft, Origin, normal_timestamp
from orgloop.identity import trace_id_of
from orgloop.times import to_iso

_RUNTIME = "rehearsal"
"""What stands in ``origin.runtime``, where else the id of a runtime does."""


@frozen
class Given:
    """An event as somebody gives it: what it is, and who is to have reported it."""

    source: str
    draft: EventDraft

    @classmethod
    def from_json(cls, document: Mapping[str, Any], project: ProjectDefinition) -> Given:
        """Read an event of which ``source`` and ``type`` are enough.

        Raises `InvalidEvent` with every reason against it.
        """
        source = document.get("source")
        parties: Mapping[str, Any] = {**project.sources, **project.actors}
        if not isinstance(source, str) or source not in parties:
            what = f"source: {_missing_or_unknown(source)}. {suggestion(str(source), parties)}"
            raise InvalidEvent([what.rstrip(".")])
        platform = parties[source].registration.id
        return cls(source, EventDraft.from_json(document, platform))

    def event(self, project: str, number: int, now_ms: int) -> Event:
        """Return the event; one without an id or a time gets ``number`` and ``now_ms`` for them.

        Raises `InvalidEvent` if it cannot be written as JSON.
        """
        draft = self.draft
        event_id = draft.id or f"evt_test{number}"
        timestamp = to_iso(now_ms) if draft.timestamp is None else normal_timestamp(draft.timestamp)
        event = Event(
            event_id,
            timestamp,
            self.source,
            draft.type,
            draft.provenance,
            draft.payload,
            Origin(_RUNTIME, project),
            trace_id_of(event_id),
        )
        event.to_bytes()
        return event


def _missing_or_unknown(source: object) -> str:
    if isinstance(source, str) and source:
        return f"there is no source or actor {source!r}"
    return "an event needs the id of a source or an actor"
