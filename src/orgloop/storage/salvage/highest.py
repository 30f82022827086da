"""Find the highest event number that a queue has seen, be it damaged or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from orgloop.storage.database import open_for_reading
from orgloop.storage.failure import is_refusal
from orgloop.storage.salvage.database import wreck_of
from orgloop.storage.soundness import UNREADABLE, missing_bytes


def highest_seq_of_queue(path: Path) -> int:
    """Return the highest number of an event that the queue at ``path`` knows of, 0 if none."""
    if missing_bytes(path) is None:
        try:
            return _asked(path)
        except UNREADABLE as error:
            if is_refusal(error):
                raise
    return max(_read(path), default=0)


def _asked(path: Path) -> int:
    with closing(open_for_reading(path)) as connection:
        [highest] = connection.execute(
            "SELECT max(coalesce((SELECT max(event_seq) FROM deliveries), 0), "
            "coalesce((SELECT seq FROM cursor), 0))"
        ).fetchone()
    return int(highest)


def _read(path: Path) -> Iterator[int]:
    with wreck_of(path) as wreck:
        for cell in wreck.rows("cursor", lambda cell: len(cell.record) == 2):
            yield from _number(cell.record[1])
        for cell in wreck.rows("deliveries", lambda cell: len(cell.record) > 3):
            yield from _number(cell.record[3])


def _number(value: object) -> Iterator[int]:
    # A byte flipped in a number may make it huge; no log has got that far.
    if isinstance(value, int) and 0 < value < 1 << 48:
        yield value
