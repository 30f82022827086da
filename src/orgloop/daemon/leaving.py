"""Leave the process with an exit code of our own.

``twistd`` knows 0, and death by the signal it was sent. Anything else is set here, after ``twistd``
has ended in its own way and removed the PID file.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable


def leave_with(code: int, last: Callable[[], None]) -> None:
    """Make ``code`` the exit code of this process, whenever it ends by itself.

    Nothing else that was to be done at the exit is done, but ``last`` is.
    """
    atexit.register(_leave, code, last)


def _leave(code: int, last: Callable[[], None]) -> None:
    last()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue  # nobody reads any more
    os._exit(code)
