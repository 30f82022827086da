"""How a record of the application log is written: as JSON, as text, for the journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import orjson

from orgloop.daemon.log.logrecord import LogRecord
from orgloop.printable import printable, printable_json
from orgloop.times import to_iso

Form = Callable[[LogRecord], bytes]

# As `syslog(3)` numbers them; the journal takes them from the beginning of each line.
_PRIORITIES: Mapping[str, int] = {"critical": 2, "error": 3, "warn": 4, "info": 6, "debug": 7}


def as_json(record: LogRecord) -> bytes:
    """Return a record as a JSON line."""
    document: dict[str, str | int] = {
        "timestamp": to_iso(int(record.time * 1000)),
        "level": record.level,
        "message": _said(record),
    }
    if record.logger is not None:
        document["logger"] = record.logger
    if record.repeated > 1:
        document["repeated"] = record.repeated
    if record.traceback:
        document["traceback"] = record.traceback
    # Text from outside may hold what UTF-8 cannot: a lone surrogate from a file name.
    clean = {
        name: value.encode("utf-8", "backslashreplace").decode()
        if isinstance(value, str)
        else value
        for name, value in document.items()
    }
    return printable_json(orjson.dumps(clean).decode()).encode() + b"\n"


def as_text(when: Callable[[float], str]) -> Form:
    """Return the form for people; ``when`` writes a moment (seconds since the epoch)."""

    def form(record: LogRecord) -> bytes:
        first = f"{when(record.time)} {record.level:<5} {printable(_said(record))}"
        return _encoded([first, *(f"    {line}" for line in _lines_of_traceback(record))])

    return form


def for_journal(form: Form) -> Form:
    """Return ``form`` with what the journal reads at the beginning of each line: how bad it is."""

    def prefixed(record: LogRecord) -> bytes:
        prefix = b"<%d>" % _PRIORITIES.get(record.level, _PRIORITIES["info"])
        return b"".join(prefix + line for line in form(record).splitlines(keepends=True))

    return prefixed


def without_time(record: LogRecord) -> bytes:
    """Return a record as text for something that knows the time, and how bad it is, by itself."""
    return _encoded(
        [printable(_said(record)), *(f"    {line}" for line in _lines_of_traceback(record))]
    )


def in_utc(seconds: float) -> str:
    """Return a moment as it stands in files."""
    return to_iso(int(seconds * 1000))


def _said(record: LogRecord) -> str:
    if record.repeated == 1:
        return record.message
    return f"{record.message} (repeated {record.repeated} times)"


def _lines_of_traceback(record: LogRecord) -> list[str]:
    return [printable(line) for line in record.traceback.splitlines()]


def _encoded(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")
