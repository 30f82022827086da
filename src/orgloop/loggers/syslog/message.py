"""Write one log entry as a syslog message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Final

from attrs import frozen

from orgloop import __version__
from orgloop.logentry import LogEntry, as_json
from orgloop.loggers.wording import word, words_of
from orgloop.printable import printable
from orgloop.times import to_iso

MAX_BYTES: Final = 8192
"""What daemons take by default (rsyslog's maxMessageSize); RFC 5424 asks for 2048."""
MAX_OLD_BYTES: Final = 1024
"""RFC 3164, 4.1."""
# With these, structured data never reaches the end at which a message is cut.
_MAX_VALUE = 200
_MAX_METADATA = 700
# RFC 5424, 6.2.1.
_SEVERITY: Final = {"debug": 7, "info": 6, "warn": 4, "error": 3}
_NOTICE: Final = 5
_NOTABLE: Final = frozenset(
    {
        "actor.recovered",
        "source.circuit_close",
        "runtime.start",
        "runtime.stop",
        "system.start",
        "system.stop",
        "module.active",
        "module.removed",
    }
)
# Structured data of our own needs a number of an enterprise (RFC 5424, 6.3.2). We have none: this
# one is for those (RFC 5612).
_SD_ID: Final = "orgloop@32473"
# The first is the id of the message, the second is in its text, the third has a limit of its own.
_NOT_AS_THEY_ARE: Final = frozenset({"phase", "error", "metadata"})
_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_BOM: Final = "\ufeff"
_NO_NAME = re.compile(r"[^!-~]+")
# RFC 5424, 6.3.3.
_ESCAPED = re.compile(r'["\\\]]')
# What is written as it is: all of ASCII that is visible, without those.
_PLAIN = re.compile(r"[ !#-\[^-~]*")


def severity(entry: LogEntry) -> int:
    """Return the severity of an entry: that of its level, and a notice for what is notable."""
    return _NOTICE if entry.phase in _NOTABLE else _SEVERITY[entry.level]


@frozen(kw_only=True)
class Form:
    """How entries look on the wire; frames are the line's."""

    facility: int
    app_name: str
    hostname: str
    pid: int
    is_old: bool
    has_structured_data: bool

    def message(self, entry: LogEntry) -> bytes:
        """Return one entry as a message, cut at its end if it is too long."""
        head = f"<{self.facility * 8 + severity(entry)}>"
        text = " ".join(_words(entry))
        head += self._old_head(entry) if self.is_old else self._head(entry)
        if not self.is_old and not text.isascii():
            head += _BOM  # RFC 5424, 6.4
        message = f"{head}{text}".encode()
        most = MAX_OLD_BYTES if self.is_old else MAX_BYTES
        if len(message) <= most:
            return message
        return message[:most].decode("utf-8", "ignore").encode()

    def _head(self, entry: LogEntry) -> str:
        """RFC 5424, 6: everything up to the text."""
        data = "".join(self._structured(entry)) if self.has_structured_data else "-"
        names = f"{_name(self.hostname, 255)} {self.app_name} {self.pid}"
        return f"1 {to_iso(entry.timestamp)} {names} {_name(entry.phase, 32)} {data} "

    def _old_head(self, entry: LogEntry) -> str:
        """RFC 3164, 4.1: the time where this machine is, in English."""
        moment = datetime.fromtimestamp(entry.timestamp / 1000)
        time = f"{_MONTHS[moment.month - 1]} {moment.day:2} {moment:%H:%M:%S}"
        tag = re.sub(r"[^A-Za-z0-9._-]", "_", self.app_name)[:32]
        return f"{time} {_name(self.hostname, 255)} {tag}[{self.pid}]: "

    def _structured(self, entry: LogEntry) -> Iterator[str]:
        yield _ORIGIN
        pairs = [
            f'{name}="{_value(value, _MAX_VALUE)}"'
            for name, value in entry.given()
            if name not in _NOT_AS_THEY_ARE
        ]
        if entry.metadata is not None:
            pairs.append(f'metadata="{_value(as_json(entry.metadata).decode(), _MAX_METADATA)}"')
        if pairs:
            yield f"[{_SD_ID} {' '.join(pairs)}]"


def _words(entry: LogEntry) -> Iterator[str]:
    yield entry.phase
    yield from words_of(entry)
    if entry.event_id is not None:
        yield printable(entry.event_id)
    if entry.error is not None:
        yield f"error={word(entry.error)}"  # the only one that may be long: it is what is cut


def _value(value: object, limit: int) -> str:
    """Write the value of a parameter, cut where it is too long."""
    text = str(value)
    if len(text) <= limit and _PLAIN.fullmatch(text):
        return text
    shown = printable(text).encode()[:limit].decode("utf-8", "ignore")
    return _ESCAPED.sub(r"\\\g<0>", shown)


# Names of phases and of this host: there are few.
@lru_cache(maxsize=128)
def _name(text: str, limit: int) -> str:
    return _NO_NAME.sub("_", text)[:limit] or "-"


_ORIGIN: Final = f'[origin software="orgloop" swVersion="{_value(__version__, _MAX_VALUE)}"]'
