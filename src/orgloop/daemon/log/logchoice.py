"""Choose how the application log is written where nobody has chosen, or somebody has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from orgloop.daemon.log.logforms import Form, as_json, as_text, for_journal, in_utc, without_time
from orgloop.daemon.log.places import is_journal
from orgloop.logentry import LogFormat


def form_on_terminal(descriptor: int, chosen: LogFormat | None, environ: Mapping[str, str]) -> Form:
    """Return how standard error is written: without a choice as text, for people."""
    if is_journal(descriptor, environ):
        return for_journal(as_json if chosen == "json" else without_time)
    return as_json if chosen == "json" else as_text(local_time)


def form_in_file(chosen: LogFormat | None) -> Form:
    """Return how the file is written: without a choice as JSON, for programs."""
    return as_text(in_utc) if chosen == "text" else as_json


def local_time(seconds: float) -> str:
    """Return a moment as the person at the terminal reads it."""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%H:%M:%S")
