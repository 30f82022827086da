"""Tell the command that started a daemon what became of it, through a pipe.

One JSON line is written, once: ``{"ready": {…}}`` or ``{"failed": {"exit_code", "lines"}}``. The
end of the pipe without one means that the process died before it could say anything.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress

from attrs import asdict, define, field, frozen
from zope.interface import implementer

from orgloop.daemon.telling.witness import IWitness, ReadyRuntime

_CHUNK = 65536


@frozen
class Failed:
    """A start that failed: with which exit code, and what there is to say about it."""

    exit_code: int
    lines: tuple[str, ...]


Outcome = ReadyRuntime | Failed


def to_line(outcome: Outcome) -> bytes:
    """Return the line that tells of an outcome."""
    key = "failed" if isinstance(outcome, Failed) else "ready"
    # By this module, since what it writes may be any text: a path need not be UTF-8.
    return json.dumps({key: asdict(outcome)}).encode() + b"\n"


def from_line(line: bytes) -> Outcome:
    """Return what a line tells; see `to_line`."""
    document = json.loads(line)
    if "ready" in document:
        ready = document["ready"]
        return ReadyRuntime(**{**ready, "warnings": tuple(ready.get("warnings", ()))})
    failed = document["failed"]
    return Failed(failed["exit_code"], tuple(failed["lines"]))


def read_outcome(descriptor: int) -> Outcome | None:
    """Wait for the line; `None` if the other end is closed without one."""
    received = b""
    while not received.endswith(b"\n"):
        chunk = os.read(descriptor, _CHUNK)
        if not chunk:
            return None
        received += chunk
    return from_line(received)


@implementer(IWitness)
@define(eq=False)
class ReportPipe:
    """Write the line into a pipe whose other end the starting command reads.

    It is closed when all is well; after a failure the end of this process closes it, so that the
    command knows when nothing is left.
    """

    _descriptor: int | None = field()

    @classmethod
    def inherited(cls, descriptor: int) -> ReportPipe:
        """Take up the pipe; children of this process shall not have it."""
        os.set_inheritable(descriptor, False)
        return cls(descriptor)

    def ready(self, runtime: ReadyRuntime) -> None:
        """See `IWitness.ready`."""
        if (descriptor := self._write(runtime)) is not None:
            os.close(descriptor)

    def failed(self, exit_code: int, lines: Sequence[str]) -> None:
        """See `IWitness.failed`."""
        self._write(Failed(exit_code, tuple(lines)))

    def reloading(self) -> None:
        """See `IWitness.reloading`."""

    def stopping(self, reason: str) -> None:
        """See `IWitness.stopping`."""
        self._write(Failed(1, (f"orgloop: stopped before it was ready: {reason}",)))

    async def stopped(self) -> None:
        """See `IWitness.stopped`."""

    def _write(self, outcome: Outcome) -> int | None:
        """Write the line, and return the descriptor; `None` if one was written already."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            line = to_line(outcome)
            with suppress(OSError):  # whoever waited for it has gone
                while line:
                    line = line[os.write(descriptor, line) :]
        return descriptor
