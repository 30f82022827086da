"""Read the dates of HTTP headers."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime


def http_date_ms(text: str) -> int | None:
    """Return a date as milliseconds since the Unix epoch, `None` if it is none.

    All three forms are read (RFC 9110, 5.6.7); the one that names no zone means UTC, too.
    """
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
