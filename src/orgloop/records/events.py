"""What goes into the event log, and what comes out."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, field, frozen, mutable

from orgloop.errors import DamagedEvent
from orgloop.event import Event


def tracking_id_of(event: Event) -> str | None:
    """Return the tracking id that an event carries in its provenance, if it is usable text."""
    tracking_id = event.provenance.get("tracking_id")
    return tracking_id if isinstance(tracking_id, str) and tracking_id else None


@frozen
class NewEvent:
    """An event to be kept, with what only the runtime knows of it."""

    event: Event
    body: bytes
    """``event.to_bytes()``."""
    accepted_at: int
    parent: str | None = None
    """The id of the event that caused it."""
    depth: int = 1
    """Its place in the chain; the root is 1."""

    @property
    def project(self) -> str:
        assert self.event.origin is not None
        return self.event.origin.project

    @property
    def tracking_id(self) -> str | None:
        """What ties it to the delivery that an actor took on under the same name."""
        return tracking_id_of(self.event)


@frozen
class Appended:
    """What became of one appended event."""

    seq: int
    event_id: str
    duplicate: bool


@mutable
class EventRecord:
    """An event as the log holds it. ``event`` is parsed when first asked for."""

    seq: int
    id: str
    project: str
    source: str
    type: str
    accepted_at: int
    trace_id: str
    parent: str | None
    depth: int
    body: bytes
    tracking_id: str | None = None
    is_damaged: bool = False
    """Whether ``body`` is not what was written: the disk, or somebody, has changed it since."""
    _accepted: Event | None = field(default=None, repr=False, eq=False)
    _tied: Event | None = field(default=None, repr=False, eq=False)

    @property
    def event(self) -> Event:
        """The event; in the trace that it was tied to since, if that was not known at once.

        Raises `DamagedEvent` if it cannot be told any more.
        """
        accepted = self.accepted
        if accepted.trace_id == self.trace_id:
            return accepted
        if self._tied is None or self._tied.trace_id != self.trace_id:
            self._tied = evolve(accepted, trace_id=self.trace_id)
        return self._tied

    @property
    def accepted(self) -> Event:
        """The event as it was accepted: the same for ever, as what is sent again must be.

        Raises as `event` does.
        """
        if self.is_damaged:
            raise DamagedEvent(
                f"event {self.id} (number {self.seq} in the event log) is damaged: its checksum "
                "does not match; `orgloop data check` says what else is"
            )
        if self._accepted is None:
            self._accepted = Event.from_bytes(self.body)
        return self._accepted


@frozen(kw_only=True)
class EventQuery:
    """Which events to list; `None` or empty restricts nothing.

    ``before_seq`` is the cursor, with ``oldest_first`` it is ``after_seq``.
    """

    project: str | None = None
    sources: Sequence[str] = ()
    types: Sequence[str] = ()
    trace_id: str | None = None
    accepted_from: int | None = None
    accepted_to: int | None = None
    before_seq: int | None = None
    after_seq: int | None = None
    limit: int = 100
    oldest_first: bool = False
    most_bytes: int | None = None
    """How much they may hold before the list ends, though there are more; never with none."""
