"""Refuse what would fill memory: bound what is being kept and is not durable yet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from attrs import define, field

from orgloop.errors import Overloaded

MOST_EVENTS = 10_000
MOST_BYTES = 64_000_000


@define(eq=False)
class IntakeBound:
    """How much all projects of a runtime may be appending to the event log at the same time.

    One call alone always passes, however large. What deliveries give rise to is never refused, and
    counts.
    """

    most_events: int = MOST_EVENTS
    most_bytes: int = MOST_BYTES
    events: int = field(default=0, init=False)
    """How many are being appended now."""
    bytes: int = field(default=0, init=False)

    @contextmanager
    def room_for(self, events: int, size: int, *, must_pass: bool = False) -> Iterator[None]:
        """Take room while events of this size are appended; raises `Overloaded` without it."""
        is_over = self.events + events > self.most_events or self.bytes + size > self.most_bytes
        if is_over and self.events and not must_pass:
            raise Overloaded("more events come in than can be kept at once")
        self.events += events
        self.bytes += size
        try:
            yield
        finally:
            self.events -= events
            self.bytes -= size
