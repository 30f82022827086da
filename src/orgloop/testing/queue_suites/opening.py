"""What every part of the suite begins with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orgloop.interfaces import IDeliveryQueue
from orgloop.records import Claim


class OpensQueue:
    """The one thing a queue's own test says: how to open it."""

    async def open(self, directory: Path) -> IDeliveryQueue:
        """Open the queue of `PROJECT` in ``directory``; after `close` it opens the same again."""
        raise NotImplementedError


def seqs_of(claims: Sequence[Claim]) -> list[int]:
    """Return the events of claims, by their place in the log."""
    return [one.event_seq for one in claims]
