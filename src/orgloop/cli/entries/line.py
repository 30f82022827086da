"""Log entries as a person reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import define, field

from orgloop.cli.look import (
    Meaning,
    Painted,
    columns_of,
    fit,
    lasting,
    line,
    lines,
    style,
    time_of_day,
    when,
    width,
)
from orgloop.logentry import PHASES, Level, LogEntry

# What stands on the line, in this order, and how it is called there.
_WORDS = (
    ("source", "source"),
    ("event_type", "type"),
    ("route", "route"),
    ("transform", "transform"),
    ("target", "actor"),
    ("attempt", "attempt"),
    ("result", "result"),
    ("queue_depth", "waiting"),
)
_MEANINGS: Mapping[Level, Meaning] = {
    "debug": "dim",
    "info": "good",
    "warn": "warn",
    "error": "bad",
}
_PHASE_COLUMNS = 18
_LONGEST = 2_000  # columns
_INDENT = " " * 13  # under the phase


@define
class Lines:
    """Write entries one after the other, with a line of its own for each new day."""

    details: bool
    """Whether to write what an entry has besides."""
    _day: str = field(default="", init=False)

    def text(self, entry: Mapping[str, Any]) -> Painted:
        """Return one entry: on one line, or on a terminal broken between its words."""
        at = entry.get("timestamp")
        day = when(at)[:10]
        written = _broken([_phase(entry), *self._words(entry)], time_of_day(at))
        if day != self._day:
            self._day = day
            return lines(style(f"── {day}", "dim"), written)
        return written

    def _words(self, entry: Mapping[str, Any]) -> Iterator[Painted]:
        for name, label in _WORDS:
            if (value := entry.get(name)) is not None:
                yield line(style(f"{label}=", "dim"), _word(value))
        if (took := entry.get("duration_ms")) is not None:
            yield line(lasting(float(took)))
        if (error := entry.get("error")) is not None:
            yield style(line("error=", _word(_in_part(error))), "bad")
        if (event := entry.get("event_id")) is not None:
            yield style(event, "id")
        if self.details and entry.get("metadata"):
            yield style(_in_part(json.dumps(entry["metadata"], ensure_ascii=False)), "dim")


def _phase(entry: Mapping[str, Any]) -> Painted:
    phase = str(entry.get("phase"))
    level = LogEntry(phase=phase, timestamp=0).level if phase in PHASES else "info"
    return line(style(phase, _MEANINGS[level]), " " * (_PHASE_COLUMNS - len(phase)))


def _in_part(text: object) -> Painted:
    """Return a text; on a terminal not more of it than about a screen."""
    return fit(text, None if width() is None else _LONGEST)


def _word(value: object) -> Painted:
    """Write a value so that it stays one thing among words."""
    text = line(value)
    return line('"', text, '"') if " " in text or not text else text


def _broken(words: list[Painted], time: str) -> Painted:
    """Join words; on a terminal a word that finds no room begins a line, none is torn apart."""
    room = width()
    written, current = [], line(style(time, "dim"))
    for word in words:
        if room is not None and columns_of(current) + 1 + columns_of(word) > room:
            written.append(current)
            current = line(_INDENT, word)
        else:
            current = line(current, " ", word)
    return lines(*written, current)
