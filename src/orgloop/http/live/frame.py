"""Log entries in the form of server-sent events.

The format is that of the HTML standard, section 9.2 ("Server-sent events").
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field
from twisted.logger import Logger

from orgloop.logentry import LogEntry

Encode = Callable[[LogEntry], bytes]

HEARTBEAT = b":\n\n"
"""A comment: it says that the connection lives, and nothing else."""


@define(eq=False)
class Frame:
    """One entry on its way to all who watch: encoded once, by the first who needs it."""

    _log = Logger()

    number: int
    entry: LogEntry
    _encode: Encode = field(repr=False)
    _bytes: bytes | None = field(default=None, init=False, repr=False)

    def to_bytes(self) -> bytes:
        """Return the entry as it goes over the wire; one that cannot be written counts as lost."""
        if self._bytes is None:
            try:
                # JSON has no line's end in it: one line of data holds all of it.
                data = self._encode(self.entry)
            except (TypeError, ValueError, RecursionError) as error:
                self._log.warn("an entry cannot be shown live: {error}", error=error)
                self._bytes = Lost(1).to_bytes()
            else:
                self._bytes = b"event: entry\nid: %d\ndata: %b\n\n" % (self.number, data)
        return self._bytes


@define(eq=False)
class Lost:
    """What stands in the place of entries for which there was no room."""

    count: int = 0

    def to_bytes(self) -> bytes:
        """Return it as it goes over the wire."""
        return b'event: lost\ndata: {"count":%d}\n\n' % self.count
