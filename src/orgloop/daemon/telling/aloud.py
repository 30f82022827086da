"""Say something to whoever watches this process, in the middle of whatever it does."""

from __future__ import annotations

import sys
from contextlib import suppress

from orgloop.printable import printable


def say_at_once(text: str) -> None:
    """Write a line to standard error, if there is one. Any thread may call it; never raises."""
    with suppress(OSError, ValueError, AttributeError):  # there is none, or it is closed
        sys.stderr.write(f"orgloop: {printable(text)}\n")
        sys.stderr.flush()
