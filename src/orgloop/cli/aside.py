"""Keep a stranger's words out of what a command answers."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_OUTPUT, _ERROR = 1, 2


@contextmanager
def output_aside() -> Iterator[None]:
    """Send to standard error what is written to standard output inside, also from C and children.

    A plugin may print when it is imported or asked; the answer must stay what it is, JSON above
    all. For commands that end soon: what is inside has the process for itself.
    """
    if sys.stdout is None or sys.stderr is None:  # the command was started without one of them
        yield
        return
    sys.stdout.flush()
    kept = os.dup(_OUTPUT)
    os.dup2(_ERROR, _OUTPUT)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, _OUTPUT)
        os.close(kept)
