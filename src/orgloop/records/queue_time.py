"""Queue time, as it is noted; see `orgloop.records` for what it is."""

from __future__ import annotations

from attrs import frozen


@frozen
class NotedTime:
    """A moment in queue time, and what the wall clock showed then."""

    queue_ms: int
    wall_ms: int
