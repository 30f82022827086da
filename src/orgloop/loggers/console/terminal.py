"""Write to a terminal, a pipe or a file that may not take what it is given."""

from __future__ import annotations

import os
import select
import sys
from threading import Lock

from attrs import define, field


@define(eq=False)
class Terminal:
    """Standard error, shared by the console loggers of a runtime. Blocks: use a thread."""

    descriptor: int
    is_interactive: bool
    _stall_seconds: float = 1.0
    _is_within_line: bool = field(default=False, init=False)
    _lock: Lock = field(factory=Lock, init=False, repr=False)

    @classmethod
    def standard_error(cls) -> Terminal:
        """Return the terminal that standard error leads to."""
        return cls(2, sys.stderr is not None and sys.stderr.isatty())

    def write(self, lines: bytes) -> None:
        """Write whole lines; raise `OSError` when nobody takes them.

        A pipe whose reader has stopped reading must not keep a thread for ever, nor hold up the end
        of the process.
        """
        with self._lock:
            rest = b"\n" + lines if self._is_within_line else lines
            while rest:
                _, ready, _ = select.select([], [self.descriptor], [], self._stall_seconds)
                if not ready:
                    raise TimeoutError("standard error takes no more output: is its reader stuck?")
                # So much a pipe that is ready takes without blocking (pipe(7)).
                written = os.write(self.descriptor, rest[: select.PIPE_BUF])
                self._is_within_line = rest[written - 1 : written] != b"\n"
                rest = rest[written:]
