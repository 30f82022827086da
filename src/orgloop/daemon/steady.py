"""Have timers run by a clock that nobody can set."""

from __future__ import annotations

import time
from typing import Any


def measure_steadily(reactor: Any) -> None:
    """Let a reactor go by the monotonic clock. Nothing may be scheduled yet.

    Twisted goes by the wall clock: were it set back by an hour, nothing would fall due for an hour.
    """
    reactor.seconds = time.monotonic
