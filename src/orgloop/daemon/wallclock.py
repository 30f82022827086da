"""The wall clock, of which everybody else is given a reading or a function."""

from __future__ import annotations

import time


def now_ms() -> int:
    """Return the wall clock, milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000
