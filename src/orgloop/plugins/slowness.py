"""Tell which plugin is waited for while it is imported: that may take for ever."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

TELLING_SECONDS = 5.0
"""How long an import takes before a person is told of it; the largest packages need less."""


@contextmanager
def told_if_slow(
    what: str, tell: Callable[[str], None], *, after_seconds: float = TELLING_SECONDS
) -> Iterator[None]:
    """Call ``tell`` once, from another thread, if what runs inside takes longer than that.

    It is not ended: nobody can know whether it would have come to an end. No thread is left behind.
    """
    waiting = threading.get_ident()

    def say() -> None:
        tell(f"{what} is still being imported{_where(waiting)}; Ctrl+C ends the wait")

    timer = threading.Timer(after_seconds, say)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _where(thread: int) -> str:
    """Say at which line the module is that the machinery of imports runs in a thread."""
    frame = sys._current_frames().get(thread)
    stack = traceback.extract_stack(frame) if frame is not None else []
    entered = [place for place, one in enumerate(stack) if "importlib" in one.filename]
    if not entered or entered[-1] + 1 == len(stack):
        return ""
    module = stack[entered[-1] + 1]
    return f", and is at {module.filename}, line {module.lineno}"
