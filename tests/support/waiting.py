"""Wait for what another process does: look again until it is so, and say what never came."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

_Seen = TypeVar("_Seen")

# Far longer than anything takes, also on a busy machine: it ends a test that would never end.
LIMIT_SECONDS = 60.0
_LOOK_SECONDS = 0.01


def until(look: Callable[[], _Seen], what: str, *, limit_seconds: float = LIMIT_SECONDS) -> _Seen:
    """Return what ``look`` returns as soon as that is true; fail, naming ``what``, if it never is.

    A file that is not there yet, or nobody who answers, is a reason to look again.
    """
    deadline = time.monotonic() + limit_seconds
    while True:
        try:
            if seen := look():
                return seen
        except (OSError, ValueError):
            pass
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {limit_seconds:.0f} s in vain for {what}")
        time.sleep(_LOOK_SECONDS)


def until_gone(pid: int, *, limit_seconds: float = LIMIT_SECONDS) -> None:
    """Return when a process has ended; fail if it does not."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        ended, _, _ = select.select([process], [], [], limit_seconds)
    finally:
        os.close(process)
    assert ended, f"process {pid} has not ended in {limit_seconds:.0f} s"


def until_written(file: Path, text: str) -> None:
    """Return when a file holds a text."""
    until(lambda: text in file.read_text("utf-8"), f"{text!r} in {file.name}")
