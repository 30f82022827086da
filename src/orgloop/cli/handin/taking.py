"""Read what the agent says, for as long as there is time."""

from __future__ import annotations

import os
import select
import time

MOST_BYTES = 16_000_000
"""More than a hook ever says; it has to be written and read within two seconds."""
_PIECE_BYTES = 1 << 16


class NothingToTake(Exception):
    """The agent said nothing that could be handed over."""


def take(descriptor: int, deadline: float) -> bytes:
    """Return what comes until the end, or until ``deadline`` (monotonic) if there is none.

    Raises `NothingToTake` for a terminal, for what cannot be read, and for too much, of which the
    rest is read all the same: the agent shall not find its pipe broken.
    """
    taken = bytearray()
    size = 0
    try:
        if os.isatty(descriptor):
            raise NothingToTake("what happened is read from standard input, as JSON")
        while _is_ready(descriptor, deadline):
            piece = os.read(descriptor, _PIECE_BYTES)
            if not piece:
                break
            size += len(piece)
            if size <= MOST_BYTES:
                taken += piece
    except (OSError, ValueError) as error:
        raise NothingToTake(f"standard input cannot be read: {error}") from error
    if size > MOST_BYTES:
        raise NothingToTake(f"standard input holds more than {MOST_BYTES} bytes")
    return bytes(taken)


def _is_ready(descriptor: int, deadline: float) -> bool:
    left = deadline - time.monotonic()
    return left > 0 and bool(select.select([descriptor], [], [], left)[0])
