"""Have standard input, output and error: a process may be started without them."""

from __future__ import annotations

import os
import sys

_NAMES = "stdin", "stdout", "stderr"


def open_missing() -> None:
    """Open ``/dev/null`` for those of the descriptors 0, 1 and 2 that are closed.

    The next file that is opened would get the number, and what is printed would end up in it: in
    the lock of the home, for that is the first. Children inherit them, as they do all three.
    """
    for descriptor, name in enumerate(_NAMES):
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest free number is this one, for those before it are taken.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
        if getattr(sys, name) is None:  # as the interpreter found it
            mode = "w" if descriptor else "r"
            setattr(sys, name, os.fdopen(descriptor, mode, closefd=False))
