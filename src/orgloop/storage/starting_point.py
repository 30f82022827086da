"""Where routing begins for a queue that is missing while the log holds events of its project."""

from __future__ import annotations

from attrs import frozen

from orgloop.errors import InvalidValue, OrgLoopError


@frozen
class StartingPoint:
    """What ``--cursor`` says: ``start``, ``end``, or the number of the last event not wanted."""

    written: str

    @classmethod
    def parse(cls, text: str) -> StartingPoint:
        """Raise `InvalidValue` for anything else."""
        if text in ("start", "end") or (text.isascii() and text.isdigit() and len(text) < 19):
            return cls(text)
        raise InvalidValue(f"{text!r} is no position: write start, end or a sequence number")

    def cursor(self, high: int) -> int:
        """Return the cursor in a log that ends at ``high``; raise if it lies beyond."""
        if self.written == "start":
            return 0
        if self.written == "end":
            return high
        if int(self.written) > high:
            raise OrgLoopError(
                f"--cursor {self.written} lies beyond the end of the event log, which is {high}"
            )
        return int(self.written)
