"""The event log: what was accepted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twisted.internet.defer import Deferred
from zope.interface import Interface

from orgloop.records import Appended, EventQuery, EventRecord, NewEvent


class IEventLog(Interface):
    """Every accepted event, in order of acceptance, shared by the projects of a runtime.

    Sequence numbers grow and are never reused. Everything is per project: two projects may hold the
    same event id and do not see each other. Shaped so that a networked log can stand behind it
    (stream, durable consumer, message id for duplicates).

    An event whose bytes changed on disk fails no reading: its record says `EventRecord.is_damaged`.
    """

    def append(events: Sequence[NewEvent]) -> Deferred[list[Appended]]:
        """Keep events, all or none; fire after they are durable, in the order given.

        An event whose id the project already holds is not added: its `Appended` has the original's
        sequence number and ``duplicate=True``, and fires after the original's commit. Fails with
        `StorageUnavailable` when the disk refuses; then nothing was kept.
        """

    async def read(project: str, after: int, limit: int) -> list[EventRecord]:
        """Return the next durable events of ``project`` with ``seq > after``, in order.

        At most ``limit``, fewer where they are large; none only if there is none.
        """

    async def get(project: str, event_id: str) -> EventRecord | None:
        """Return one event by id."""

    async def ids_beginning(project: str, prefix: str, limit: int) -> list[str]:
        """Return the ids of events that begin with ``prefix``, sorted, at most ``limit``."""

    async def get_many(project: str, seqs: Sequence[int]) -> dict[int, EventRecord]:
        """Return events by sequence number; those not held are absent."""

    async def query(query: EventQuery) -> list[EventRecord]:
        """Return what matches, newest first unless asked otherwise, at most ``query.limit``.

        With the event that reaches ``query.most_bytes`` the list ends.
        """

    async def effects_of(project: str, event_id: str) -> list[EventRecord]:
        """Return the events whose parent is ``event_id``, in order."""

    async def high() -> int:
        """Return the highest sequence number ever given, 0 for a new log."""

    def subscribe(project: str, wake: Callable[[], None]) -> Callable[[], None]:
        """Call ``wake`` after each commit of events of ``project``; return the way to end it."""

    async def tracked(project: str, tracking_id: str) -> list[EventRecord]:
        """Return the events that carry ``tracking_id`` in their provenance, in order."""

    async def untied(project: str, limit: int) -> list[EventRecord]:
        """Return the newest events that carry a tracking id and have no parent, newest first."""

    def tie(project: str, event_id: str, parent: EventRecord) -> Deferred[bool]:
        """Make an event without a parent the child of ``parent``, and say whether it was one.

        It and everything that came of it move to the parent's trace, as much deeper as it is now;
        so does what is appended later under a place in the chain that was read before. Nothing is
        tied to what came of it.
        """

    async def prunable(
        project: str, *, accepted_before: int, after: int, up_to: int, limit: int
    ) -> list[int]:
        """Return sequence numbers of old events, ``after < seq <= up_to``, in order."""

    def forget(project: str, seqs: Sequence[int]) -> Deferred[int]:
        """Forget events and say how many there were; their ids may then come in anew."""

    async def close() -> None:
        """Commit what was given, checkpoint the file and close it."""
