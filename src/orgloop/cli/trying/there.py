"""Let events go through the runtime, and wait for what becomes of them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from attrs import frozen

from orgloop.cli.control import Control, named, require
from orgloop.cli.trying.events import Document

# What waits for a person or for somebody to ask for it does not go on by itself.
_AT_REST = frozenset({"held", "inbox"})
_FAILED = frozenset({"dead", "rejected"})
_FIRST_LOOK_SECONDS, _LONGEST_PAUSE_SECONDS = 0.02, 0.5


@frozen
class Way:
    """How far an event has come: the body of ``GET /api/events/<id>``."""

    event_id: str
    trace: dict[str, Any]

    @property
    def has_ended(self) -> bool:
        """Whether nothing more happens by itself."""
        if self.trace.get("state") == "accepted":
            return False
        return all(row.get("settled_at") or row.get("state") in _AT_REST for row in self._rows)

    @property
    def has_failed(self) -> bool:
        """Whether a delivery became a dead letter."""
        return any(row.get("state") in _FAILED for row in self._rows)

    @property
    def _rows(self) -> list[dict[str, Any]]:
        return self.trace.get("deliveries") or []


def send(control: Control, documents: Sequence[Document]) -> Iterator[str]:
    """Hand events to the runtime; yield the id of each as soon as it is kept."""
    for document in documents:
        answer = require(control.post("/api/events", document))
        yield str(answer["event_id"])


def follow(control: Control, event_id: str, until: float) -> Way:
    """Return an event's way once it has ended, or as it is at ``until`` (by `time.monotonic`)."""
    pause = _FIRST_LOOK_SECONDS
    while True:
        way = Way(event_id, require(control.get(f"/api/events/{named(event_id)}")))
        if way.has_ended or time.monotonic() >= until:
            return way
        time.sleep(min(pause, max(0.0, until - time.monotonic())))
        pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)
