"""How what a person reads on a terminal looks: colours, widths, times.

Colour never costs safety. `style` and `line` make what they are given harmless and return
`Painted` text, which alone is written as it is; put into any other string it becomes an ordinary
one again, and its colours are shown as escapes rather than obeyed.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from datetime import datetime
from typing import IO, Literal

from orgloop.errors import InvalidValue
from orgloop.printable import printable
from orgloop.times import to_epoch_ms

Meaning = Literal["good", "bad", "warn", "dim", "strong", "id"]

# Select Graphic Rendition (ECMA-48, 8.3.117). The basic colours: each terminal's theme makes them
# legible on its own background.
_GRAPHICS: dict[Meaning, str] = {
    "good": "32",
    "bad": "31",
    "warn": "33",
    "dim": "2",
    "strong": "1",
    "id": "36",
}
_CUT = "…"
_MOST_LETTERS = 8
"""For each column: marks that stand above and below a letter take none."""
_UNITS = ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s"))


class Painted(str):
    """Text that holds nothing but what may go to a terminal, colours included."""

    __slots__ = ()


def is_coloured(stream: IO[str] | None = None) -> bool:
    """Whether a stream takes colours: a terminal that can, and nobody said ``NO_COLOR``.

    See https://no-color.org: any value but the empty one counts.
    """
    shown_on = sys.stdout if stream is None else stream
    return (
        shown_on is not None
        and shown_on.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
    )


def style(text: object, meaning: Meaning, stream: IO[str] | None = None) -> Painted:
    """Return a text on one line in the colour of its meaning, for standard output by default."""
    safe = _safe(text)
    if not safe or not is_coloured(stream):
        return Painted(safe)
    return Painted(f"\x1b[{_GRAPHICS[meaning]}m{safe}\x1b[0m")


def line(*parts: object) -> Painted:
    """Join parts to one line: what is painted stays, everything else is made harmless."""
    return Painted("".join(map(_safe, parts)))


def lines(*parts: Painted) -> Painted:
    """Join painted lines to one text."""
    return Painted("\n".join(parts))


def _safe(part: object) -> str:
    return part if isinstance(part, Painted) else printable(str(part))


def width(stream: IO[str] | None = None) -> int | None:
    """Return how many columns a line may have; `None` in a file or a pipe, where all is kept."""
    shown_on = sys.stdout if stream is None else stream
    if shown_on is None or not shown_on.isatty():
        return None
    return shutil.get_terminal_size().columns


def columns_of(text: str) -> int:
    """Return how many columns a text takes: colours none, wide letters two, marks none.

    As in Unicode's annex 11 (East Asian Width).
    """
    plain = uncoloured(text)
    if plain.isascii():
        return len(plain)
    import unicodedata

    return sum(
        0
        if unicodedata.combining(letter) or unicodedata.category(letter) in ("Mn", "Me", "Cf")
        else 2
        if unicodedata.east_asian_width(letter) in "WF"
        else 1
        for letter in plain
    )


def uncoloured(text: str) -> str:
    """Return painted text without its colours; any other text as it is."""
    if not isinstance(text, Painted) or "\x1b" not in text:
        return str(text)
    kept = text.split("\x1b[")
    return kept[0] + "".join(part.partition("m")[2] for part in kept[1:])


def fit(text: object, columns: int | None) -> Painted:
    """Return a text on one line, cut with … if it takes more columns; without its colours then.

    Of a text that is much longer only the beginning is looked at: also a million marks that take no
    column at all are too much for a line.
    """
    beginning = _beginning(text, columns)
    whole = line(text if beginning is None else beginning)
    if columns is None or (beginning is None and columns_of(whole) <= columns):
        return whole
    kept, room = "", columns - len(_CUT)
    for letter in uncoloured(whole):
        room -= columns_of(letter)
        if room < 0:
            break
        kept += letter
    return Painted(kept + _CUT if columns > 0 else "")


def _beginning(text: object, columns: int | None) -> str | None:
    """Return what may be seen of a text that is far too long; `None` of one that is not."""
    if columns is None or isinstance(text, Painted):
        return None
    plain, most = str(text), _MOST_LETTERS * max(columns, 1)
    return plain[:most] if len(plain) > most else None


def pad(text: object, columns: int) -> Painted:
    """Return a text on one line, filled up with blanks to a number of columns."""
    whole = line(text)
    return Painted(whole + " " * max(0, columns - columns_of(whole)))


def when(moment: object) -> str:
    """Write an ISO 8601 moment in the reader's zone; what is none as it stands."""
    told = _local(moment)
    return _unread(moment) if told is None else told.isoformat(" ", "seconds")[:19]


def time_of_day(moment: object) -> str:
    """Write an ISO 8601 moment as a time of day with milliseconds, in the reader's zone."""
    told = _local(moment)
    return _unread(moment) if told is None else told.isoformat(timespec="milliseconds")[11:23]


def ago(moment: object, now: float | None = None) -> str:
    """Write how long ago an ISO 8601 moment was, or in what time it will be.

    ``now`` is in seconds since the epoch, the present time by default.
    """
    at = _epoch_seconds(moment)
    if at is None:
        return _unread(moment)
    passed = (time.time() if now is None else now) - at
    if abs(passed) < 1:
        return "now"
    return f"{lasting(passed * 1000)} ago" if passed > 0 else f"in {lasting(-passed * 1000)}"


def lasting(milliseconds: float) -> str:
    """Write a length of time: ``12 ms``, ``1.5s``, ``42s``, ``2m5s``, ``3d4h``."""
    if milliseconds < 1000:
        return f"{milliseconds:.3g} ms" if milliseconds < 10 else f"{milliseconds:.0f} ms"
    if milliseconds < 10_000:
        return f"{milliseconds / 1000:.1f}s".replace(".0s", "s")
    left, parts = int(milliseconds // 1000), []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        parts.append(f"{count}{unit}" if count else "")
    first = next(position for position, part in enumerate(parts) if part)
    return "".join(parts[first : first + 2])


def _epoch_seconds(moment: object) -> float | None:
    try:
        return to_epoch_ms(str(moment)) / 1000
    except InvalidValue:
        return None


def _local(moment: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(moment)).astimezone()
    except (ValueError, OverflowError):
        return None


def _unread(moment: object) -> str:
    return "-" if moment is None or moment == "" else printable(str(moment))
